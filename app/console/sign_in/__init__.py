"""Who is at the door: passwords, second factors, sessions, tokens; and what ends them."""
