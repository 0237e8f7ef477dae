"""What changes claims, and what rules ask about them. Never commits."""
