"""Code lists of the organisation: levels, kinds of departments, lines of duty."""

from app.core.choices import Choice
from app.core.messages import N_


class Level(Choice):
    """监管层级 / 行使层级: the five levels of government, with the digit the national codes use."""

    NATIONAL = "national", N_("国家级"), "1"
    PROVINCE = "province", N_("省级"), "2"
    CITY = "city", N_("市级"), "3"
    COUNTY = "county", N_("县级"), "4"
    TOWN = "town", N_("乡级"), "5"


class DeptKind(Choice):
    """执法主体性质 (Xi'an measures, art. 3)."""

    GOV_DEPARTMENT = "gov_department", N_("政府所属部门")
    DISPATCHED_AGENCY = "dispatched_agency", N_("派出机关或机构")
    AUTHORISED_ORG = "authorised_org", N_("法律法规授权的组织")
    ENTRUSTED_ORG = "entrusted_org", N_("受委托组织")


class DutyLine(Choice):
    """职能条线: the field of duty that ties a bureau to the bureau above it."""

    GENERAL = "general", N_("综合(政府办)")
    MARKET = "market", N_("市场监管")
    ENVIRONMENT = "environment", N_("生态环境")
    TRANSPORT = "transport", N_("交通运输")
    AGRICULTURE = "agriculture", N_("农业农村")
    CULTURE_TOURISM = "culture_tourism", N_("文化和旅游")
    HEALTH = "health", N_("卫生健康")
    EMERGENCY = "emergency", N_("应急管理")
    HOUSING = "housing", N_("住房城乡建设")
    POLICE = "police", N_("公安")
    NATURAL_RESOURCES = "natural_resources", N_("自然资源")
    JUSTICE = "justice", N_("司法行政")
    DEVELOPMENT_REFORM = "development_reform", N_("发展改革")
    EDUCATION = "education", N_("教育")
    CIVIL_AFFAIRS = "civil_affairs", N_("民政")
    HUMAN_RESOURCES = "human_resources", N_("人力资源社会保障")
    WATER = "water", N_("水利")
    COMMERCE = "commerce", N_("商务")
    CITY_MANAGEMENT = "city_management", N_("城市管理")
    FORESTRY = "forestry", N_("林业草原")
    TAX = "tax", N_("税务")
    PUBLICITY = "publicity", N_("宣传")
    FIRE = "fire", N_("消防救援")
    OTHER = "other", N_("其他")


class EmploymentState(Choice):
    """在编在职在岗: only a person in post may hold an account (Xi'an measures, art. 26)."""

    IN_POST = "in_post", N_("在编在职在岗")
    SECONDED = "seconded", N_("借调挂职")
    ON_LEAVE = "on_leave", N_("离岗")
    RETIRED = "retired", N_("退休")
    LEFT = "left", N_("调离或离职")


class AccessState(Choice):
    """Whether an account may sign in, beside what its holder's employment says."""

    OPEN = "open", N_("正常")
    LOCKED = "locked", N_("已停用")
    UNUSED = "unused", N_("长期未登录停用")


class ResponsibleKind(Choice):
    """Who is answerable for a department (Xi'an measures, arts. 5 and 26)."""

    DEPT_ADMIN = "dept_admin", N_("部门管理员")
    LEADER = "leader", N_("分管领导")
    CONTACT = "contact", N_("具体负责人")


class ReportState(Choice):
    """How far a report (报备) has come."""

    PENDING = "pending", N_("待说明")
    SUBMITTED = "submitted", N_("待回执")
    RECEIVED = "received", N_("已回执")


class DaySource(Choice):
    """Where the calendar knows a day from; the earlier one wins."""

    MANUAL = "manual", N_("人工设定")
    ANNOUNCED = "announced", N_("国务院放假安排")
    ESTIMATED = "estimated", N_("推算")


class LimitUnit(Choice):
    """What the number of a limit counts."""

    WORKING_DAY = "working_day", N_("工作日")
    CALENDAR_DAY = "calendar_day", N_("自然日")
    HOUR = "hour", N_("小时")
    MONTH = "month", N_("个月")
    YEAR = "year", N_("年")
    YEARLY_DATE = "yearly_date", N_("每年固定日期")
    YUAN = "yuan", N_("元")
