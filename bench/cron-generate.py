# What the Python predecessor's cron-generate costs: for each job it reads the configuration and the job file with PyYAML's safe_load,
# and fills in the template. Written for this comparison; usage: cron-generate.py CONFIGURATION
import os
import sys

import yaml


def load(path):
    with open(path) as f:
        return yaml.safe_load(f)


directory = load(sys.argv[1])["job_directory"]
text = ""
for name in sorted(os.listdir(directory)):
    config = load(sys.argv[1])
    path = os.path.join(directory, name)
    job = load(path)
    command = "/usr/bin/run-job --job " + os.path.splitext(name)[0]
    text += config["cron_template"].format(source=path, schedule=job["schedule"], user=config["user"], command=command)
with open(os.devnull, "w") as f:
    f.write(text)
