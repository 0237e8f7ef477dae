import sys,json
from pathlib import Path
from bench import imports as im
im.FILLED="bench_filled2"
print(json.dumps(im.measured(Path(sys.argv[1]))))
