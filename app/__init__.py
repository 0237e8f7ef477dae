"""监管一张网: a low-code console for 互联网+监管 over one shared PostgreSQL database."""
