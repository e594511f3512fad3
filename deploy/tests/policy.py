"""What the requests of a function need leave for, and what a role gives leave to."""

import fnmatch
import re

BUCKETS = "arn:aws:s3:::"

# Of the role's actions those that AWS asks for on the function's behalf, so that none of its own requests shows them.
OF_AWS = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",  # the event source mapping
    "logs:CreateLogStream", "logs:PutLogEvents",  # what it writes to standard output
    "xray:PutTraceSegments", "xray:PutTelemetryRecords",
}  # fmt: skip


def needs(request):
    """Actions and resources that `request` needs leave for."""
    action = request.headers.get("x-amz-target", "")
    if action:
        # Messages go to the one queue that the function knows.
        return [("sqs:" + action.removeprefix("AmazonSQS.").removesuffix("Batch"), "queue")]
    bucket, _, key = request.path.removeprefix("/").partition("/")
    bucket, thing = BUCKETS + bucket, f"{BUCKETS}{bucket}/{key}"
    # S3 tells of a missing object only whoever may list the bucket.
    missing = [("s3:ListBucket", bucket)] if request.status == 404 else []
    match request.method:
        case "GET" if not key and "list-type" in request.query:
            return [("s3:ListBucket", bucket)]
        case "GET" if "tagging" in request.query:
            return [("s3:GetObjectTagging", thing), *missing]
        case "GET" | "HEAD" if key:
            # Heads are not encrypted.
            key_of = [("kms:Decrypt", request.encrypted_by)] if request.method == "GET" and request.encrypted_by else []
            return [("s3:GetObject", thing), *missing, *key_of]
        case "PUT" if key:
            source = request.headers.get("x-amz-copy-source")
            tags = [("s3:PutObjectTagging", thing)] if "x-amz-tagging" in request.headers else []
            copied = [("s3:GetObject", BUCKETS + source)] if source else []
            key_of = [("kms:GenerateDataKey", request.encrypted_by)] if request.encrypted_by else []
            return [("s3:PutObject", thing), *tags, *copied, *key_of]
        case "DELETE" if key:
            return [("s3:DeleteObject", thing)]
    raise AssertionError(f"what does it need leave for? {request}")


def as_list(value):
    return value if isinstance(value, list) else [value]


def grants(policy):
    """Pairs of an action and a pattern of resources."""
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow" and "Condition" not in statement, statement
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, resource


def covers(grant, need, queue):
    """Whether `grant` gives leave for `need`; `queue` is the ARN of the function's queue."""
    (action, pattern), (needed, resource) = grant, need
    resource = queue if resource == "queue" else resource
    # As IAM matches: `*` for any text, all else for itself.
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return fnmatch.fnmatchcase(needed, action) and re.fullmatch(expression, resource, re.DOTALL) is not None
