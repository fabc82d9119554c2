"""Makes the calls listed on standard input (JSON, `[[method, {argument: value}], ...]`) with one boto3 client, and prints a
list of their results: each with a body as text, or {"error": code}."""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["ENDPOINT"],
    region_name="eu-west-1",
    config=Config(s3={"addressing_style": "path"}),
)


def call(method, arguments):
    try:
        result = getattr(s3, method)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    if result and "Body" in result:
        result["Body"] = result["Body"].read().decode()
    return result


json.dump([call(*each) for each in json.load(sys.stdin)], sys.stdout, default=str)
