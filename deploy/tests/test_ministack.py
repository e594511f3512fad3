"""The template deployed, in an AWS in one process, and images halved by what it made.

`sam deploy` deploys it once; all other stacks are of its expansion, by CloudFormation's own calls, which take a second.
"""

import base64
import copy
import hashlib
import json
import os
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from botocore.exceptions import ClientError

from cloud import ACCOUNT, REGION, USER, Cloud, wait
from expand import EXPANDED, template
from policy import OF_AWS, as_list, covers, grants, needs

# The program of sam-requirements.txt.
SAM = Path(os.environ["DEPLOY_SAM"])
# The folder of the programs that cargo built.
PROGRAMS = Path(os.environ["DEPLOY_PROGRAMS"])
CORPUS = Path(__file__).resolve().parent.parent.parent / "core" / "tests" / "corpus"

PHOTO = (CORPUS / "photo-420.jpg").read_bytes()
CUT = (CORPUS / "truncated.jpg").read_bytes()


def setUpModule():
    global cloud, s3, sqs, program, folder
    folder = tempfile.TemporaryDirectory(prefix="halver-deploy-")
    unittest.addModuleCleanup(folder.cleanup)
    cloud = Cloud(folder.name)
    unittest.addModuleCleanup(cloud.close)
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    program = cloud.put_program(PROGRAMS / "bootstrap")


def for_ministack(original):
    """The template with the one change without which all of it cannot be tried here."""
    changed = copy.deepcopy(original)
    [policy] = changed["Resources"]["Role"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        match statement:
            case {"Fn::If": [_, {"Sid": "QueueWhatIsStale"} as queue, _]}:
                # AWS has no such action: SendMessageBatch needs leave for SendMessage. ministack has one.
                queue["Action"] = BATCH
    return changed


BATCH = "sqs:SendMessageBatch"
# Leave for this is not asked for here.
UNASKED = {"s3:PutObjectTagging"}

EXPANSION = json.loads(EXPANDED.read_text(encoding="utf-8"))
TEMPLATE = json.dumps(for_ministack(EXPANSION))


def deploy(name, **parameters):
    return cloud.deploy(name, TEMPLATE, **program, **parameters)


def half_of(image, *options):
    """The half, as the command line makes it."""
    command = [PROGRAMS / "halver", "halve", "-", "-o", "-", *options]
    done = subprocess.run(command, input=image, capture_output=True, check=True)
    return done.stdout


def read(bucket, key):
    """The object, or nothing."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise


def expect_half(bucket, key, image):
    """Waits for the half of `image`."""
    found = wait(f"the half {bucket}/{key}", lambda: read(bucket, key))
    assert found["Body"].read() == half_of(image), f"{bucket}/{key} is not the half"
    return found


def expect_record(bucket, key):
    return json.loads(wait(f"the record {bucket}/{key}", lambda: read(bucket, key))["Body"].read())


def attributes(queue):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]


def receive(queue):
    """One message, which is then gone."""

    def ask():
        messages = sqs.receive_message(QueueUrl=queue).get("Messages")
        if messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=messages[0]["ReceiptHandle"])
        return messages

    return json.loads(wait(f"a message in {queue}", ask)[0]["Body"])


def role_of(stack):
    """The role's name, and what it may do."""
    arn = cloud.client("lambda").get_function_configuration(FunctionName=stack)["Role"]
    name = arn.rsplit("/", 1)[1]
    iam = cloud.client("iam")
    assert not iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return name, iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]


def http_event(method, path, body, headers):
    """A request as an HTTP API sends it to its function."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    return {
        "version": "2.0", "routeKey": f"ANY {path}", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {"http": http, "stage": "$default"}, "body": body, "isBase64Encoded": False,
    }  # fmt: skip


def invoke(function, event):
    """The function's reply."""
    return json.load(cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))["Payload"])


def upload(function):
    """A photograph, in the way that the function signs for the page."""
    wanted = {"name": "a.jpg", "type": "image/jpeg", "length": len(PHOTO), "sha256": hashlib.sha256(PHOTO).hexdigest()}
    event = http_event("POST", "/uploads", json.dumps(wanted), {"content-type": "application/json"})
    signed = json.loads(invoke(function, event)["body"])
    urllib.request.urlopen(urllib.request.Request(signed["url"], PHOTO, signed["headers"], method="PUT")).close()


class Deployed(unittest.TestCase):
    """A bucket of its own, the queue, the page, halves that follow their sources."""

    @classmethod
    def setUpClass(cls):
        cls.outputs = deploy(
            "halver", SourceBucket="photos", SourcePrefix="in/", Page="on", Reconcile="by-hand", Removals="follow",
            Tracing="Active",
        )  # fmt: skip
        cls.queue, cls.dead = cls.outputs["Queue"], cls.outputs["DeadLetters"]
        cls.deployed_visibility = attributes(cls.queue)["VisibilityTimeout"]
        # Attempts follow each other faster than six minutes apart.
        sqs.set_queue_attributes(QueueUrl=cls.queue, Attributes={"VisibilityTimeout": "1"})

    def test_what_was_deployed_is_what_was_asked_for(self):
        wanted = s3.get_bucket_notification_configuration(Bucket="photos")["QueueConfigurations"]
        arn = attributes(self.queue)["QueueArn"]
        self.assertEqual({configuration["QueueArn"] for configuration in wanted}, {arn})
        events = {event for configuration in wanted for event in configuration["Events"]}
        self.assertEqual(events, {"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"})
        for configuration in wanted:
            rules = {rule["Name"].lower(): rule["Value"] for rule in configuration["Filter"]["Key"]["FilterRules"]}
            self.assertEqual(rules, {"prefix": "in/", "suffix": ""})

        self.assertEqual(self.deployed_visibility, "360")
        redrive = json.loads(attributes(self.queue)["RedrivePolicy"])
        dead = attributes(self.dead)
        self.assertEqual((redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])), (dead["QueueArn"], 5))
        self.assertEqual(json.loads(dead["RedriveAllowPolicy"])["sourceQueueArns"], [arn])
        statements = {statement["Sid"]: statement for statement in json.loads(attributes(self.queue)["Policy"])["Statement"]}
        self.assertEqual(set(statements), {"TlsOnly", "Bucket"})
        sender = statements["Bucket"]
        self.assertEqual((sender["Principal"], sender["Action"]), ({"Service": "s3.amazonaws.com"}, "sqs:SendMessage"))
        self.assertEqual(sender["Condition"]["ArnEquals"], {"aws:SourceArn": "arn:aws:s3:::photos"})
        self.assertEqual(sender["Condition"]["StringEquals"], {"aws:SourceAccount": ACCOUNT})

        functions = cloud.client("lambda")
        [mapping] = functions.list_event_source_mappings(FunctionName="halver")["EventSourceMappings"]
        self.assertEqual((mapping["EventSourceArn"], mapping["BatchSize"]), (arn, 5))
        self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        function = functions.get_function_configuration(FunctionName="halver")
        self.assertEqual((function["MemorySize"], function["Timeout"], function["Runtime"]), (256, 60, "provided.al2023"))
        self.assertEqual(function["TracingConfig"], {"Mode": "Active"})

        origin = self.outputs["Page"].rstrip("/")
        [rule] = s3.get_bucket_cors(Bucket="photos")["CORSRules"]
        self.assertEqual((rule["AllowedOrigins"], rule["AllowedMethods"]), ([origin], ["PUT"]))
        self.assertEqual(sorted(rule["AllowedHeaders"]), ["content-type", "if-none-match", "x-amz-checksum-sha256"])
        [rule] = s3.get_bucket_cors(Bucket="photos-resized")["CORSRules"]
        self.assertEqual((rule["AllowedOrigins"], rule["AllowedMethods"]), ([origin], ["GET", "HEAD"]))
        self.assertIn("x-amz-meta-halver-sha256", rule["ExposeHeaders"])
        for bucket in ["photos", "photos-resized", self.outputs["PageFiles"]]:
            blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
            self.assertEqual(list(blocked.values()), [True] * 4, bucket)

        watch = cloud.client("cloudwatch")
        alarms = {alarm["AlarmName"]: alarm for alarm in watch.describe_alarms()["MetricAlarms"]}
        queue, dead = ({"QueueName": url.rsplit("/", 1)[1]} for url in (self.queue, self.dead))
        function = {"FunctionName": "halver"}
        for name, metric, dimensions, statistic, threshold, seconds in [
            ("dead-letters", "AWS/SQS ApproximateNumberOfMessagesVisible", dead, "Maximum", 0, 60),
            ("errors", "AWS/Lambda Errors", function, "Sum", 0, 300),
            ("throttles", "AWS/Lambda Throttles", function, "Sum", 0, 900),
            ("oldest-message", "AWS/SQS ApproximateAgeOfOldestMessage", queue, "Maximum", 900, 300),
        ]:
            alarm = alarms[f"halver-{name}"]
            self.assertEqual(f"{alarm['Namespace']} {alarm['MetricName']}", metric, name)
            self.assertEqual({d["Name"]: d["Value"] for d in alarm["Dimensions"]}, dimensions, name)
            self.assertEqual((alarm["Statistic"], alarm["Threshold"]), (statistic, threshold), name)
            self.assertEqual(alarm["ComparisonOperator"], "GreaterThanThreshold", name)
            self.assertEqual(alarm["Period"] * alarm["EvaluationPeriods"], seconds, name)
            self.assertEqual(alarm.get("AlarmActions", []), [], name)
        board = json.loads(watch.get_dashboard(DashboardName=f"halver-{REGION}")["DashboardBody"])
        self.assertEqual(len(board["widgets"]), 6)

    def test_connections_that_are_not_encrypted_are_refused(self):
        # The account's own user may do all that it likes here, so somebody else asks who may do all that they like.
        iam = cloud.client("iam")
        iam.create_user(UserName="anybody")
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="anybody", PolicyName="all", PolicyDocument=json.dumps(everything))
        key = iam.create_access_key(UserName="anybody")["AccessKey"]
        user = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

        def ask(url):
            s3, sqs = cloud.client("s3", endpoint_url=url, **user), cloud.client("sqs", endpoint_url=url, **user)
            yield "photos", lambda: s3.list_objects_v2(Bucket="photos")
            yield "photos-resized", lambda: s3.list_objects_v2(Bucket="photos-resized")
            yield "the page's files", lambda: s3.list_objects_v2(Bucket=self.outputs["PageFiles"])
            yield "the queue", lambda: sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
            yield "dead letters", lambda: sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])

        for _, asked in ask(cloud.url):
            asked()
        for name, asked in ask(cloud.plain_url):
            with self.assertRaises(ClientError, msg=name) as refused:
                asked()
            self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403, name)

    def test_what_the_dashboard_shows_is_counted(self):
        s3.put_object(Bucket="photos", Key="in/counted.jpg", Body=PHOTO)
        expect_half("photos-resized", "in/counted.jpg", PHOTO)

        def counted():
            events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/halver")["events"]
            lines = [json.loads(event["message"]) for event in events if event["message"].startswith('{"')]
            return [line for line in lines if "_aws" in line and "Halved" in line]

        [metrics] = wait("the metrics of an image", counted)[-1]["_aws"]["CloudWatchMetrics"]
        self.assertEqual((metrics["Namespace"], metrics["Dimensions"]), ("Halver/halver", [[]]))
        board = json.loads(cloud.client("cloudwatch").get_dashboard(DashboardName=f"halver-{REGION}")["DashboardBody"])
        shown = [widget["properties"]["metrics"] for widget in board["widgets"]]
        shown = {line[1] for lines in shown if lines[0][0] == "Halver/halver" for line in lines}
        of_one_image = {"Halved", "GetTime", "HalveTime", "PutTime", "SourceBytes", "HalfBytes", "SavedBytes"}
        self.assertEqual(shown & {metric["Name"] for metric in metrics["Metrics"]}, of_one_image)
        # What was no success is counted by names that a log of successes does not show.
        self.assertEqual(shown - of_one_image, {"Skipped", "Refused", "HandedBack"})

    def test_every_key_gets_its_half(self):
        for name in ["in/ü a+b.jpg", "in/100%/a%20b.png", "in/2026/a.gif", "in/a.webp"]:
            image = CORPUS / {"jpg": "photo-420.jpg", "png": "photo.png", "gif": "photo.gif", "webp": "photo-lossy.webp"}[name.rsplit(".")[-1]]
            s3.put_object(Bucket="photos", Key=name, Body=image.read_bytes(), Tagging="album=sea")
            found = expect_half("photos-resized", name, image.read_bytes())
            self.assertIn("halver-recipe", found["Metadata"])
            tags = s3.get_object_tagging(Bucket="photos-resized", Key=name)["TagSet"]
            self.assertEqual(tags, [{"Key": "album", "Value": "sea"}], name)

    def test_other_keys_trigger_nothing(self):
        s3.put_object(Bucket="photos", Key="out/a.jpg", Body=PHOTO)
        s3.put_object(Bucket="photos", Key="in/behind.jpg", Body=PHOTO)
        expect_half("photos-resized", "in/behind.jpg", PHOTO)
        self.assertEqual([request for request in cloud.recorder.requests if request.path.startswith("/photos/out/")], [])

    def test_a_half_goes_with_its_source(self):
        s3.put_object(Bucket="photos", Key="in/gone.jpg", Body=PHOTO)
        expect_half("photos-resized", "in/gone.jpg", PHOTO)
        s3.delete_object(Bucket="photos", Key="in/gone.jpg")
        wait("the half goes", lambda: read("photos-resized", "in/gone.jpg") is None)

    def test_what_is_poisoned_ends_in_quarantine(self):
        s3.put_object(Bucket="photos", Key="in/cut.jpg", Body=CUT)
        record = expect_record("photos-resized", "_halver/failed/in/cut.jpg.json")
        self.assertEqual((record["code"], record["bucket"], record["key"]), ("malformed", "photos", "in/cut.jpg"))
        self.assertIsNone(read("photos-resized", "in/cut.jpg"))
        # What is mended is no longer recorded.
        s3.put_object(Bucket="photos", Key="in/cut.jpg", Body=PHOTO)
        expect_half("photos-resized", "in/cut.jpg", PHOTO)
        wait("the record goes", lambda: read("photos-resized", "_halver/failed/in/cut.jpg.json") is None)

    def test_an_event_of_no_object_ends_in_quarantine(self):
        sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps({"hello": "world"}))
        prefix = "_halver/failed-events/"
        listed = lambda: s3.list_objects_v2(Bucket="photos-resized", Prefix=prefix).get("Contents")  # noqa: E731
        found = wait("the record of the event", listed)
        self.assertEqual(expect_record("photos-resized", found[0]["Key"])["event"], {"hello": "world"})

    def test_what_passes_is_tried_five_times_then_kept_and_can_be_sent_again(self):
        cloud.recorder.unavailable = ("/photos/in/later.jpg",)
        self.addCleanup(setattr, cloud.recorder, "unavailable", ())
        s3.put_object(Bucket="photos", Key="in/later.jpg", Body=PHOTO)
        count = lambda: int(attributes(self.dead)["ApproximateNumberOfMessages"])  # noqa: E731
        wait("a dead letter", count)
        self.assertIsNone(read("photos-resized", "in/later.jpg"))
        self.assertIsNone(read("photos-resized", "_halver/failed/in/later.jpg.json"))
        # By hand what StartMessageMoveTask does, which ministack cannot.
        cloud.recorder.unavailable = ()
        sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(receive(self.dead)))
        expect_half("photos-resized", "in/later.jpg", PHOTO)
        wait("no dead letter", lambda: count() == 0)

    def test_what_was_missed_is_found(self):
        s3.put_object(Bucket="photos", Key="in/missed.jpg", Body=PHOTO)
        expect_half("photos-resized", "in/missed.jpg", PHOTO)
        s3.delete_object(Bucket="photos-resized", Key="in/missed.jpg")
        sqs.send_message(QueueUrl=self.queue, MessageBody='{"halver":"reconcile"}')
        expect_half("photos-resized", "in/missed.jpg", PHOTO)

    def ask_api(self, path, body=None, **headers):
        """The API's answer."""
        [api] = [api for api in cloud.client("apigatewayv2").get_apis()["Items"] if api["Name"] == "halver"]
        headers = {"Host": f"{api['ApiId']}.execute-api.127.0.0.1", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.urlopen(urllib.request.Request(cloud.url + path, data, headers))

    def api(self, path, body=None):
        """The JSON that the API answers."""
        with self.ask_api(path, body) as answer:
            return json.load(answer)

    def test_the_page_and_no_other_may_read_answers(self):
        page = self.outputs["Page"].rstrip("/")
        for origin, allowed in [(page, page), ("https://elsewhere.example", None)]:
            with self.ask_api("/config", Origin=origin) as answer:
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], allowed, origin)
        asked = {"Origin": page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        # An API without CORS settings hands preflights on; ministack refuses them, so the function is asked.
        headers = {name.lower(): value for name, value in asked.items()}
        answer = invoke("halver", http_event("OPTIONS", "/uploads", None, headers))
        self.assertEqual(answer["headers"]["access-control-allow-origin"], page)
        self.assertEqual(answer["headers"]["access-control-allow-headers"], "content-type")

    def test_the_page_can_upload(self):
        config = self.api("/config")
        self.assertEqual((config["bucket"], config["resultBucket"]), ("photos", "photos-resized"))
        digest = hashlib.sha256(PHOTO)
        wanted = {"name": "sea.jpg", "type": "image/jpeg", "length": len(PHOTO), "sha256": digest.hexdigest()}
        upload = self.api("/uploads", wanted)
        self.assertTrue(upload["key"].startswith("in/uploads/"), upload["key"])
        put = urllib.request.Request(upload["url"], PHOTO, upload["headers"], method="PUT")
        self.assertEqual(upload["headers"]["x-amz-checksum-sha256"], base64.b64encode(digest.digest()).decode())
        urllib.request.urlopen(put).close()

        def halved():
            status = self.api(f"/status/{upload['id']}")
            return status if status["state"] != "waiting" else None

        status = wait("the upload's half", halved)
        with urllib.request.urlopen(status["url"]) as answer:
            self.assertEqual(answer.read(), half_of(PHOTO))
        for path in ["/halve", "/status"]:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.api(path)
            self.assertEqual(refused.exception.code, 404, path)
            refused.exception.close()


class Permissions(unittest.TestCase):
    """The role, and what the function asks for."""

    @classmethod
    def setUpClass(cls):
        deploy("least", SourceBucket="least", SourcePrefix="in/", Page="on", Reconcile="by-hand", Removals="follow")
        url = sqs.get_queue_url(QueueName="least-images")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        cls.queue, cls.queue_arn = url, attributes(url)["QueueArn"]

    def requests(self, begun):
        """Requests for this stack's buckets and queue since there were `begun` in all."""

        def is_ours(request):
            return request.path.startswith("/least") or request.headers.get("x-amz-target", "").startswith("AmazonSQS")

        return [request for request in cloud.recorder.requests[begun:] if is_ours(request)]

    def prepare(self, name):
        """Objects of which something is to be done later."""
        s3.put_object(Bucket="least", Key=f"in/mended-{name}.jpg", Body=CUT)
        for key in (f"in/gone-{name}.jpg", f"in/missed-{name}.jpg"):
            s3.put_object(Bucket="least", Key=key, Body=PHOTO)

    def prepared(self, name):
        keys = [f"_halver/failed/in/mended-{name}.jpg.json", f"in/gone-{name}.jpg", f"in/missed-{name}.jpg"]
        return all(read("least-resized", key) for key in keys)

    def use_everything(self, name):
        """Has the function do all that it can do."""
        s3.put_object(Bucket="least", Key=f"in/new-{name}.jpg", Body=PHOTO, Tagging="album=sea")
        s3.put_object(Bucket="least", Key=f"in/cut-{name}.jpg", Body=CUT)
        s3.put_object(Bucket="least", Key=f"in/mended-{name}.jpg", Body=PHOTO)
        s3.delete_object(Bucket="least", Key=f"in/gone-{name}.jpg")
        s3.delete_object(Bucket="least-resized", Key=f"in/missed-{name}.jpg")
        for message in [f"hello {name}", '{"halver":"reconcile"}']:
            sqs.send_message(QueueUrl=self.queue, MessageBody=message)
        try:
            upload("least")
        except urllib.error.HTTPError as refused:
            refused.close()

    def test_the_role_may_do_what_the_function_does_and_nothing_else(self):
        begun = len(cloud.recorder.requests)
        self.prepare("all")
        wait("what is prepared", lambda: self.prepared("all"))
        self.use_everything("all")
        for key in ("in/new-all.jpg", "in/mended-all.jpg", "in/missed-all.jpg"):
            expect_half("least-resized", key, PHOTO)
        for key in ("in/gone-all.jpg", "_halver/failed/in/mended-all.jpg.json"):
            wait(f"{key} goes", lambda key=key: read("least-resized", key) is None)
        expect_record("least-resized", "_halver/failed/in/cut-all.jpg.json")
        wait("quarantine", lambda: s3.list_objects_v2(Bucket="least-resized", Prefix="_halver/failed-events/").get("Contents"))

        _, policy = role_of("least")
        allowed = [(action.removesuffix("Batch"), resource) for action, resource in grants(policy) if action not in OF_AWS]
        # AWS sends there what it could not hand over.
        allowed.remove(("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:least-dead"))
        requests = self.requests(begun)
        needed = {need: request for request in requests for need in needs(request)}
        for need, request in needed.items():
            self.assertTrue(any(covers(grant, need, self.queue_arn) for grant in allowed), f"{request} needs {need}")
        for grant in allowed:
            self.assertTrue(any(covers(grant, need, self.queue_arn) for need in needed), f"nothing uses {grant}")
        self.assertEqual([request for request in requests if request.status == 403], [])

    def test_no_other_object_is_within_the_roles_reach(self):
        _, policy = role_of("least")
        granted = list(grants(policy))
        actions = {action for action, _ in granted if action.startswith("s3:")}
        reach = {"s3:GetObject", "s3:GetObjectTagging"}
        whole = {"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"}
        for thing, allowed in [
            ("least/in/a.jpg", reach),
            ("least/in/uploads/a.jpg", {*reach, "s3:PutObject"}),
            ("least/out/a.jpg", set()),
            ("least/in", set()),
            ("least-resized/in/a.jpg", whole),
            ("least-resized/out/a.jpg", set()),
            ("least-resized/_halver/failed/in/a.jpg.json", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}),
            ("least-resized/_halver/failed-events/a.json", {"s3:PutObject"}),
            ("least-resized/_halver/a", set()),
            ("least-other/in/a.jpg", set()),
            ("least", {"s3:ListBucket"}),
            ("least-resized", {"s3:ListBucket"}),
            ("least-other", set()),
        ]:
            need = f"arn:aws:s3:::{thing}"
            within = {action for action in actions if any(covers(grant, (action, need), "") for grant in granted)}
            self.assertEqual(within, allowed, thing)
        queues = {resource for action, resource in granted if action.startswith("sqs:")}
        self.assertEqual(queues, {self.queue_arn, self.queue_arn.replace("-images", "-dead")})
        logs = {resource for action, resource in granted if action.startswith("logs:")}
        self.assertEqual(logs, {f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/least:*"})
        self.assertEqual({action.split(":")[0] for action, _ in granted}, {"s3", "sqs", "logs"})

    def test_the_function_is_stopped_where_a_permission_is_missing(self):
        role, policy = role_of("least")
        iam = cloud.client("iam")

        def put(document):
            iam.put_role_policy(RoleName=role, PolicyName="halver", PolicyDocument=json.dumps(document))

        self.addCleanup(put, policy)
        own = [
            (number, action)
            for number, statement in enumerate(policy["Statement"])
            for action in as_list(statement["Action"])
            if action not in OF_AWS | UNASKED and statement["Sid"] != "LeaveDeadLetters"
        ]
        for number, action in own:
            self.prepare(f"{number}-{action[3:]}")
        for number, action in own:
            wait("what is prepared", lambda name=f"{number}-{action[3:]}": self.prepared(name))
        for number, action in own:
            less = copy.deepcopy(policy)
            less["Statement"][number]["Action"] = [kept for kept in as_list(policy["Statement"][number]["Action"]) if kept != action]
            less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
            with self.subTest(sid=policy["Statement"][number]["Sid"], action=action):
                put(less)
                self.expect_refusal(f"{number}-{action[3:]}", action)

    def expect_refusal(self, name, action):
        begun = len(cloud.recorder.requests)
        self.use_everything(name)

        def refused():
            refusals = (request for request in self.requests(begun) if request.status == 403)
            return any(action.removesuffix("Batch") in [needed for needed, _ in needs(request)] for request in refusals)

        wait(f"{action} is refused", refused)


class Choices(unittest.TestCase):
    """Other parameters, and other ways to deploy."""

    def test_sam_deploys_the_template(self):
        home = Path(folder.name)
        changed = home / "template.json"
        changed.write_text(json.dumps(for_ministack(template()), default=str), encoding="utf-8")
        environment = {name.upper(): value for name, value in USER.items()}
        environment |= {"AWS_ENDPOINT_URL": cloud.url, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
        environment |= {"HOME": str(home), "PATH": os.environ["PATH"]}
        chosen = {**program, "SourceBucket": "by-sam"}
        done = subprocess.run(
            [
                SAM, "deploy", "--template", changed, "--stack-name", "by-sam", "--capabilities", "CAPABILITY_IAM",
                "--no-confirm-changeset", "--parameter-overrides", *(f"{key}={value}" for key, value in chosen.items()),
            ],
            cwd=home, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        s3.put_object(Bucket="by-sam", Key="a.jpg", Body=PHOTO)
        expect_half("by-sam-resized", "a.jpg", PHOTO)

    def test_parameters_arrive(self):
        topic = cloud.client("sns").create_topic(Name="told")["TopicArn"]
        outputs = deploy(
            "chosen", SourceBucket="chosen", ResultBucket="halves-of-chosen", SourceSuffix=".jpg", Memory="128", Timeout="300",
            BatchSize="10", ReservedConcurrency="3", LogRetention="7", Metrics="off", Options='{"quality":30}',
            AlarmTopic=topic, AgeAlarm="1200", Reconcile="by-hand",
        )  # fmt: skip
        functions = cloud.client("lambda")
        [mapping] = functions.list_event_source_mappings(FunctionName="chosen")["EventSourceMappings"]
        # ministack keeps the number as a text here, and then stumbles over it at every queue.
        functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": 3})
        function = functions.get_function_configuration(FunctionName="chosen")
        self.assertEqual((function["MemorySize"], function["Timeout"]), (128, 300))
        self.assertEqual(function["Architectures"], [program["Architecture"]])
        self.assertEqual((mapping["BatchSize"], mapping["ScalingConfig"]), (10, {"MaximumConcurrency": 3}))
        self.assertEqual(attributes(outputs["Queue"])["VisibilityTimeout"], "1800")
        [group] = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/chosen")["logGroups"]
        self.assertEqual(group["retentionInDays"], 7)
        alarms = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix="chosen-")["MetricAlarms"]
        self.assertEqual({alarm["Threshold"] for alarm in alarms if alarm["AlarmName"] == "chosen-oldest-message"}, {1200})
        for alarm in alarms:
            self.assertEqual((alarm["AlarmActions"], alarm["OKActions"]), ([topic], [topic]), alarm["AlarmName"])
        [wanted] = s3.get_bucket_notification_configuration(Bucket="chosen")["QueueConfigurations"]
        rules = {rule["Name"].lower(): rule["Value"] for rule in wanted["Filter"]["Key"]["FilterRules"]}
        self.assertEqual(rules, {"prefix": "", "suffix": ".jpg"})

        s3.put_object(Bucket="chosen", Key="a.png", Body=PHOTO)
        s3.put_object(Bucket="chosen", Key="a.jpg", Body=PHOTO)
        found = wait("the half", lambda: read("halves-of-chosen", "a.jpg"))
        self.assertEqual(found["Body"].read(), half_of(PHOTO, "--quality", "30"))
        events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/chosen")["events"]
        self.assertEqual([event for event in events if '"_aws"' in event["message"] or "a.png" in event["message"]], [])

    def test_the_page_has_its_own_domain(self):
        certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/of-the-page"
        outputs = deploy(
            "domain", SourceBucket="domain", Page="on", PageDomain="halver.example", PageCertificate=certificate,
        )  # fmt: skip
        self.assertEqual(outputs["Page"], "https://halver.example/")
        for bucket in ["domain", "domain-resized"]:
            [rule] = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
            self.assertEqual(rule["AllowedOrigins"], ["https://halver.example"], bucket)
        function = cloud.client("lambda").get_function_configuration(FunctionName="domain")
        self.assertEqual(function["Environment"]["Variables"]["HALVER_CORS_ORIGINS"], "https://halver.example")
        page = cloud.client("cloudfront").get_distribution_config(Id=outputs["Distribution"])["DistributionConfig"]
        self.assertEqual(page["Aliases"]["Items"], ["halver.example"])
        self.assertEqual(page["ViewerCertificate"]["ACMCertificateArn"], certificate)
        self.assertEqual((page["DefaultRootObject"], page["DefaultCacheBehavior"]["TargetOriginId"]), ("index.html", "files"))
        [api] = [api for api in cloud.client("apigatewayv2").get_apis()["Items"] if api["Name"] == "domain"]
        routes = cloud.client("apigatewayv2").get_routes(ApiId=api["ApiId"])["Items"]
        routes = {route["RouteKey"].removeprefix("ANY ").replace("{id}", "*") for route in routes}
        behind = {behaviour["PathPattern"]: behaviour for behaviour in page["CacheBehaviors"]["Items"]}
        self.assertEqual(set(behind), routes)
        for path, behaviour in behind.items():
            self.assertEqual((behaviour["TargetOriginId"], behaviour["ViewerProtocolPolicy"]), ("api", "https-only"), path)
        origins = {origin["Id"]: origin["DomainName"] for origin in page["Origins"]["Items"]}
        self.assertEqual(origins["files"], f"{outputs['PageFiles']}.s3.{REGION}.amazonaws.com")
        self.assertEqual(origins["api"], f"{api['ApiId']}.execute-api.{REGION}.amazonaws.com")

    def test_events_without_a_queue(self):
        outputs = deploy("direct", SourceBucket="direct", Trigger="direct", SourceSuffix=".jpg")
        [wanted] = s3.get_bucket_notification_configuration(Bucket="direct")["LambdaFunctionConfigurations"]
        self.assertEqual(wanted["Events"], ["s3:ObjectCreated:*"])
        rules = {rule["Name"].lower(): rule["Value"] for rule in wanted["Filter"]["Key"]["FilterRules"]}
        self.assertEqual(rules, {"prefix": "", "suffix": ".jpg"})
        policy = json.loads(cloud.client("lambda").get_policy(FunctionName="direct")["Policy"])
        [statement] = policy["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "s3.amazonaws.com"})
        self.assertEqual(statement["Condition"]["ArnLike"], {"AWS:SourceArn": "arn:aws:s3:::direct"})
        # Without the page and reconcile nothing of theirs may be done.
        _, policy = role_of("direct")
        sids = {statement["Sid"] for statement in policy["Statement"]}
        self.assertEqual(sids & {"SignUploads", "QueueWhatIsStale", "Trace"}, set())

        s3.put_object(Bucket="direct", Key="a.jpg", Body=PHOTO)
        expect_half("direct-resized", "a.jpg", PHOTO)
        cloud.recorder.unavailable = ("/direct/later.jpg",)
        self.addCleanup(setattr, cloud.recorder, "unavailable", ())
        s3.put_object(Bucket="direct", Key="later.jpg", Body=PHOTO)
        letter = receive(outputs["DeadLetters"])
        self.assertEqual(letter["requestPayload"]["Records"][0]["s3"]["object"]["key"], "later.jpg")

    def exists(self, trigger):
        bucket = f"old-{trigger}"
        s3.create_bucket(Bucket=bucket)
        other = sqs.create_queue(QueueName=f"{bucket}-other")["QueueUrl"]
        arn = attributes(other)["QueueArn"]
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=other, Attributes={"Policy": policy})
        theirs = {"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [theirs], "EventBridgeConfiguration": {}}
        )
        deploy(bucket, SourceBucket=bucket, SourceBucketMode="existing", Trigger=trigger, SourcePrefix="in/", SourceSuffix=".jpg")
        s3.put_object(Bucket=bucket, Key="in/ü a+b.jpg", Body=PHOTO)
        for other_key in ["out/a.jpg", "in/a.png"]:
            s3.put_object(Bucket=bucket, Key=other_key, Body=PHOTO)
        s3.put_object(Bucket=bucket, Key="in/behind.jpg", Body=PHOTO)
        for key in ["in/ü a+b.jpg", "in/behind.jpg"]:
            expect_half(f"{bucket}-resized", key, PHOTO)
        passed = [request for request in cloud.recorder.requests if request.path.endswith(("/out/a.jpg", "/in/a.png"))]
        self.assertEqual([request for request in passed if request.path.startswith(f"/{bucket}")], [])
        kept = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
        self.assertEqual([configuration["Id"] for configuration in kept], ["theirs"])

    def test_a_bucket_that_is_there_and_the_queue(self):
        self.exists("queue")

    def test_a_bucket_that_is_there_without_the_queue(self):
        self.exists("direct")

    def test_halves_in_the_source_bucket_trigger_nothing(self):
        for prefix, result_prefix in [("in/", "halves/"), ("p/", "processed_")]:
            name = f"same-{prefix[0]}"
            deploy(name, SourceBucket=name, ResultBucket=name, SourcePrefix=prefix, ResultPrefix=result_prefix)
            s3.put_object(Bucket=name, Key=f"{prefix}a.jpg", Body=PHOTO)
            half = f"{result_prefix}{prefix}a.jpg"
            expect_half(name, half, PHOTO)
            s3.put_object(Bucket=name, Key=f"{prefix}cut.jpg", Body=CUT)
            expect_record(name, f"_halver/failed/{prefix}cut.jpg.json")
            # An event of the half, or of the record, would have come before that of a later image.
            s3.put_object(Bucket=name, Key=f"{prefix}b.jpg", Body=PHOTO)
            expect_half(name, f"{result_prefix}{prefix}b.jpg", PHOTO)
            keys = wait("the log", lambda name=name, last=f"{prefix}b.jpg": self.logged(name, last))
            self.assertEqual(keys, {f"{prefix}a.jpg", f"{prefix}cut.jpg", f"{prefix}b.jpg"})

    def logged(self, name, last):
        """Keys in the log of the function `name`, once `last` is among them."""
        events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        lines = [event["message"] for event in events if event["message"].startswith('{"event"')]
        # The event that S3 tries a queue with has no key.
        keys = {json.loads(line).get("key") for line in lines} - {None}
        return keys if last in keys else None

    def test_choices_that_contradict_each_other_are_refused(self):
        cut = {"SourceBucket": "loop", "ResultBucket": "loop"}
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-halves"
        for reason, parameters in [
            ("need a SourcePrefix", {**cut, "ResultPrefix": "processed_"}),
            ("need a ResultPrefix", {**cut, "SourcePrefix": "in/"}),
            ("SourcePrefix", {**cut, "SourcePrefix": "halves/", "ResultPrefix": "halves/"}),
            ("SourcePrefix", {**cut, "SourcePrefix": "hal", "ResultPrefix": "halves/"}),
            ("SourcePrefix", {"SourceBucket": "loop", "SourcePrefix": "/in/"}),
            ("no ResultKey", {**cut, "SourcePrefix": "in/", "ResultPrefix": "halves/", "ResultKey": key}),
            ("SourceKey", {"SourceBucket": "loop", "SourceKey": "alias/mine"}),
            ("no SourceSuffix", {"SourceBucket": "loop", "SourceSuffix": ".jpg", "Page": "on"}),
            ("Two at once", {"SourceBucket": "loop", "ReservedConcurrency": "1"}),
            ("PageCertificate", {"SourceBucket": "loop", "Page": "on", "PageDomain": "halver.example"}),
        ]:
            with self.subTest(parameters), self.assertRaisesRegex(ClientError, reason):
                deploy("loop", **parameters)

    def test_keys_of_ones_own(self):
        source_key, result_key = (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}" for name in ("of-sources", "of-halves"))
        one_bucket = {"ResultBucket": "keys-one", "ResultPrefix": "halves/"}
        for name, keys, parameters in [
            ("keys-two", (source_key, result_key), {"ResultKey": result_key}),
            ("keys-page", (source_key, result_key), {"ResultKey": result_key, "Page": "on"}),
            ("keys-one", (source_key, source_key), one_bucket),
            ("keys-half", (None, result_key), {"SourceKey": "", "ResultKey": result_key}),
        ]:
            with self.subTest(name):
                self.encrypts(name, keys, **{"SourceBucket": name, "SourceKey": source_key, "SourcePrefix": "in/", **parameters})

    def encrypts(self, name, keys, **parameters):
        outputs = deploy(name, **parameters)
        # ministack does not read this of a template, where tests/test_template.py looks for it, and calls no KMS.
        for bucket, key in zip((name, outputs["ResultBucket"]), keys, strict=True):
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
            if key:
                s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_object(Bucket=name, Key="in/a.jpg", Body=PHOTO)
        s3.put_object(Bucket=name, Key="in/cut.jpg", Body=CUT)
        if "Page" in parameters:
            upload(name)
        half = expect_half(outputs["ResultBucket"], f"{parameters.get('ResultPrefix', '')}in/a.jpg", PHOTO)
        self.assertEqual(half["SSEKMSKeyId"], keys[1])
        expect_record(outputs["ResultBucket"], "_halver/failed/in/cut.jpg.json")
        # A record is read where its image is mended.
        s3.put_object(Bucket=name, Key="in/cut.jpg", Body=PHOTO)
        wait("the record goes", lambda: read(outputs["ResultBucket"], "_halver/failed/in/cut.jpg.json") is None)
        requests = [request for request in cloud.recorder.requests if request.path.startswith(f"/{name}")]
        needed = {need for request in requests for need in needs(request) if need[0].startswith("kms:")}
        _, policy = role_of(name)
        self.assertEqual({grant for grant in grants(policy) if grant[0].startswith("kms:")}, needed)
        self.assertEqual({key for _, key in needed}, set(keys) - {None})

    def test_update_roll_back_remove(self):
        deploy("life", SourceBucket="life")
        s3.put_object(Bucket="life", Key="a.jpg", Body=PHOTO)
        expect_half("life-resized", "a.jpg", PHOTO)
        formation, functions = cloud.client("cloudformation"), cloud.client("lambda")
        first = functions.get_function_configuration(FunctionName="life")["CodeSha256"]
        s3.copy_object(Bucket="programs", Key="halver-2.zip", CopySource="programs/halver.zip")
        for key, memory in [("halver-2.zip", "512"), ("halver.zip", "256")]:
            changed = {"SourceBucket": "life", **program, "CodeKey": key, "Memory": memory}
            given = [{"ParameterKey": name, "ParameterValue": value} for name, value in changed.items()]
            formation.update_stack(StackName="life", TemplateBody=TEMPLATE, Parameters=given, Capabilities=["CAPABILITY_IAM"])
            wait("the update", lambda: formation.describe_stacks(StackName="life")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE")
            function = functions.get_function_configuration(FunctionName="life")
            self.assertEqual((function["MemorySize"], function["CodeSha256"]), (int(memory), first))
        s3.put_object(Bucket="life", Key="b.jpg", Body=PHOTO)
        expect_half("life-resized", "b.jpg", PHOTO)
        formation.delete_stack(StackName="life")

        def is_gone():
            try:
                return formation.describe_stacks(StackName="life")["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
            except ClientError:
                return True

        wait("the removal", is_gone)
        # Nobody's images go with it.
        self.assertIsNotNone(read("life", "a.jpg"))
        self.assertIsNotNone(read("life-resized", "a.jpg"))

    def test_what_is_no_image_is_copied_where_that_is_asked_for(self):
        deploy("copies", SourceBucket="copies", NotImages="copy", ResultPrefix="halves/")
        s3.put_object(Bucket="copies", Key="note.txt", Body=b"a text", ContentType="text/plain", Tagging="album=sea")
        copied = wait("the copy", lambda: read("copies-resized", "halves/note.txt"))
        self.assertEqual((copied["Body"].read(), copied["ContentType"]), (b"a text", "text/plain"))

    def test_a_schedule_where_it_is_asked_for(self):
        deploy("daily", SourceBucket="daily", Reconcile="scheduled", ReconcileSchedule="cron(0 3 * * ? *)")
        events = cloud.client("events")
        [rule] = [rule for rule in events.list_rules()["Rules"] if rule.get("ScheduleExpression")]
        self.assertEqual(rule["ScheduleExpression"], "cron(0 3 * * ? *)")
        [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        self.assertEqual(json.loads(target["Input"]), {"halver": "reconcile"})
        self.assertEqual(target["Arn"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:daily-images")
        url = sqs.get_queue_url(QueueName="daily-images")["QueueUrl"]
        statements = {statement["Sid"]: statement for statement in json.loads(attributes(url)["Policy"])["Statement"]}
        self.assertEqual(statements["Schedule"]["Condition"], {"ArnEquals": {"aws:SourceArn": rule["Arn"]}})
        self.assertEqual(statements["Schedule"]["Principal"], {"Service": "events.amazonaws.com"})


if __name__ == "__main__":
    unittest.main()
