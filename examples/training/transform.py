"""An ETL script for constructs/training: a Glue Python shell job.

Reads CSV objects with a header. The column "label" is what the model learns:
0 or 1. Rows with a label are for training, one in five of them for validation;
rows without one are to be predicted for. The other columns are numbers; the
first object's header says which, and in what order.

Whether a row is for validation depends on the row alone, so that a model is
never measured by a row that an earlier one was trained on.
"""

import csv
import hashlib
import io
import json
import sys
from urllib.parse import urlparse

LABEL = "label"
ROWS_PER_OBJECT = 100_000


class Parts:
    """Writes rows to train/, validation/ and predict/, an object at a time."""

    def __init__(self, put):
        self.put = put
        self.rows = {"train": [], "validation": [], "predict": []}
        self.written = dict.fromkeys(self.rows, 0)

    def add(self, part, row):
        self.rows[part].append(row)
        if len(self.rows[part]) == ROWS_PER_OBJECT:
            self.flush(part)

    def flush(self, part):
        if not self.rows[part]:
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.rows[part])
        self.put(f"{part}/{self.written[part]:05}.csv", text.getvalue())
        self.written[part] += 1
        self.rows[part] = []

    def close(self):
        for part in self.rows:
            self.flush(part)


def number(text, column, key):
    try:
        return repr(float(text))
    except ValueError:
        raise SystemExit(f"{key}: {column} is {text!r}: give a number") from None


def is_validation(row):
    return hashlib.sha256(",".join(row).encode()).digest()[0] < 51  # a fifth of 256


def transform(objects, put):
    """Transforms objects, pairs of key and text, by put(name, text)."""
    parts, columns = Parts(put), None
    for key, text in objects:
        reader = csv.DictReader(io.StringIO(text))
        features = [name for name in reader.fieldnames or [] if name != LABEL]
        columns = columns or features
        if sorted(features) != sorted(columns):
            raise SystemExit(f"{key} has the columns {features}, another object {columns}: give all objects the same")
        for record in reader:
            row = [number(record[name], name, key) for name in columns]
            label = (record.get(LABEL) or "").strip()
            if not label:
                parts.add("predict", row)
            elif is_validation(row):
                parts.add("validation", [number(label, LABEL, key)] + row)
            else:
                parts.add("train", [number(label, LABEL, key)] + row)
    parts.close()
    return parts.written


def arguments(argv):
    """What the job is called with, among what Glue adds: --name value."""
    found = {}
    for name, value in zip(argv, argv[1:]):
        if name in ("--data", "--manifest", "--output"):
            found[name[2:]] = value
    missing = {"data", "manifest", "output"} - found.keys()
    if missing:
        raise SystemExit(f"the job is called without --{', --'.join(sorted(missing))}")
    return found


def main(argv):
    import boto3  # Glue has it

    s3 = boto3.client("s3")
    given = arguments(argv)

    def place(address):
        parsed = urlparse(address)
        return parsed.netloc, parsed.path.lstrip("/")

    def read(bucket, key):
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8-sig")

    data_bucket, _ = place(given["data"])
    output_bucket, folder = place(given["output"])
    lines = read(*place(given["manifest"])).splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    written = transform(
        ((key, read(data_bucket, key)) for key in keys if key.endswith(".csv")),
        lambda name, text: s3.put_object(Bucket=output_bucket, Key=folder + name, Body=text.encode(), ContentType="text/csv"),
    )
    print(json.dumps({"objects": len(keys), "written": written}))


if __name__ == "__main__":
    main(sys.argv[1:])
