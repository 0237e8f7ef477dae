def uploads(today, now):
    return []
