USERS=()
def create(): pass
