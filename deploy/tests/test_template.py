"""What can be known of the template without deploying it."""

import fnmatch
import itertools
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

from expand import EXPANDED, TEMPLATE, expand, template, text

# checkov is among the programs of requirements.txt, cfn-lint among those of sam-requirements.txt, which needs it itself.
TOOLS = {"checkov": Path(os.environ["DEPLOY_TOOLS"]), "cfn-lint": Path(os.environ["DEPLOY_SAM"]).parent}

# What cfn-lint says without a reason here.
LINT_EXCEPTIONS = {
    "W1030": "an empty PageCertificate is no ARN, and then it is not used",
}

# What checkov asks for and the template does not do.
CHECKOV_EXCEPTIONS = {
    ("CKV_AWS_18", "Source"): "who wants a log of every request turns on CloudTrail's data events, which need no bucket",
    ("CKV_AWS_18", "Result"): "as above",
    ("CKV_AWS_18", "PageFiles"): "public files",
    ("CKV_AWS_21", "Source"): "how long versions are kept and paid for is the owner's to say; the function copes with them",
    ("CKV_AWS_21", "Result"): "halves can be made again from their sources",
    ("CKV_AWS_21", "PageFiles"): "the files can be uploaded again",
    ("CKV_AWS_27", "Queue"): "encrypted with keys of SQS (SqsManagedSseEnabled), which checkov does not look for",
    ("CKV_AWS_27", "DeadLetters"): "as above",
    ("CKV_AWS_68", "Distribution"): "a firewall costs 5 dollars a month and more; the API has a throttle",
    ("CKV_AWS_86", "Distribution"): "the API has a log; the rest are public files",
    ("CKV_AWS_116", "Function"): "it has an OnFailure destination (FunctionEventInvokeConfig), which AWS prefers to a DLQ",
    ("CKV_AWS_117", "Function"): "it talks to S3 and SQS alone; in a VPC it would need endpoints and start later",
    ("CKV_AWS_158", "Logs"): "encrypted with keys of CloudWatch; there are no secrets in the log",
    ("CKV_AWS_158", "ApiLogs"): "as above",
    ("CKV_AWS_173", "Function"): "encrypted with keys of Lambda; there are no secrets in the variables",
    ("CKV_AWS_174", "Distribution"): "CloudFront's own domain has one policy; a domain of one's own has TLSv1.2_2021",
}


def tool(name, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "AWS_DEFAULT_REGION": "us-east-1"}
    # checkov would ask its maker's server for guidelines, and log that it could not.
    environment |= {"LOG_LEVEL": "CRITICAL"}
    return subprocess.run([TOOLS[name] / name, *arguments], capture_output=True, text=True, env=environment, check=False)


def parameters():
    return template()["Parameters"]


def value(function, given):
    """What a condition of a rule comes to."""
    match function:
        case {"Fn::Equals": [a, b]}:
            return value(a, given) == value(b, given)
        case {"Fn::Not": [a]}:
            return not value(a, given)
        case {"Fn::And": all_}:
            return all(value(a, given) for a in all_)
        case {"Fn::Or": any_}:
            return any(value(a, given) for a in any_)
        case {"Ref": name}:
            return given[name]
        case str() | int():
            return function
    raise AssertionError(f"not known: {function}")


def is_allowed(given):
    """Whether the parameters' own bounds let `given` through."""
    for name, chosen in given.items():
        bounds = parameters()[name]
        if "AllowedPattern" in bounds and not re.search(bounds["AllowedPattern"], chosen):
            return False
        if "AllowedValues" in bounds and chosen not in bounds["AllowedValues"]:
            return False
    return True


def keeps_rules(given, rules):
    """Whether `rules` let `given` through."""
    for rule in rules.values():
        if value(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}), given):
            if not all(value(assertion["Assert"], given) for assertion in rule["Assertions"]):
                return False
    return True


class Expansion(unittest.TestCase):
    def test_cloudformation_is_what_the_template_expands_to(self):
        expected = text(expand(template()))
        self.assertEqual(EXPANDED.read_text(encoding="utf-8"), expected, "run python3 deploy/tests/expand.py")

    def test_both_can_be_given_to_cloudformation_as_they_are(self):
        for file in (TEMPLATE, EXPANDED):
            self.assertLessEqual(file.stat().st_size, 51_200, file.name)
        # CloudFormation takes YAML without these.
        self.assertNotRegex(TEMPLATE.read_text(encoding="utf-8"), r"(?m)^[^#']*(<<:|: \*\w|- \*\w|[:-] &\w)")


class Lint(unittest.TestCase):
    def test_cfn_lint(self):
        ignored = [f"--ignore-checks={code}" for code in LINT_EXCEPTIONS]
        regions = ["--regions", "us-east-1", "eu-central-1", "ap-northeast-1"]
        done = tool("cfn-lint", *ignored, *regions, "--", str(TEMPLATE), str(EXPANDED))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_checkov(self):
        done = tool("checkov", "--file", str(EXPANDED), "--framework", "cloudformation", "--output", "json")
        report = json.loads(done.stdout)
        failed = {(check["check_id"], check["resource"].split(".")[-1]) for check in report["results"]["failed_checks"]}
        self.assertGreater(report["summary"]["passed"], 30)
        self.assertEqual(failed, set(CHECKOV_EXCEPTIONS))


class Resources(unittest.TestCase):
    def setUp(self):
        self.resources = expand(template())["Resources"]

    def of_type(self, type_):
        return {name: resource["Properties"] for name, resource in self.resources.items() if resource["Type"] == type_}

    def test_a_message_stays_hidden_for_six_timeouts(self):
        visibility = template()["Mappings"]["Visibility"]
        timeouts = parameters()["Timeout"]["AllowedValues"]
        self.assertEqual({str(timeout) for timeout in timeouts}, set(visibility))
        for timeout in timeouts:
            self.assertGreaterEqual(visibility[str(timeout)]["Seconds"], 6 * timeout)

    def test_a_dead_letter_is_kept_longer_than_a_message_waits(self):
        queues = self.of_type("AWS::SQS::Queue")
        waits, kept = (queues[name]["MessageRetentionPeriod"] for name in ("Queue", "DeadLetters"))
        self.assertGreaterEqual(kept, 2 * waits, "its days are counted from when it first came to the queue")

    def test_the_queue_hears_a_new_bucket_whatever_the_trigger(self):
        """S3 goes on telling it, where the trigger changes, until the bucket's notification is changed."""
        statements = self.resources["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        [condition] = [s["Fn::If"][0] for s in statements if "Fn::If" in s and s["Fn::If"][1].get("Sid") == "Bucket"]
        self.assertEqual(condition, "IsNewBucket")

    def test_the_page_may_read_halves_where_they_lie(self):
        def rules(name):
            return self.resources[name]["Properties"]["CorsConfiguration"]["Fn::If"][1]["CorsRules"]

        [_, in_source] = rules("Source")
        condition, nothing, reading = in_source["Fn::If"]
        self.assertEqual((condition, nothing), ("HasResultBucket", {"Ref": "AWS::NoValue"}))
        self.assertEqual([reading], rules("Result"))

    def test_buckets_are_encrypted_private_and_tidy(self):
        buckets = self.of_type("AWS::S3::Bucket")
        self.assertEqual(set(buckets), {"Source", "Result", "PageFiles"})
        for name, bucket in buckets.items():
            self.assertEqual(list(bucket["PublicAccessBlockConfiguration"].values()), [True] * 4, name)
            self.assertEqual(bucket["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}], name)
            [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            plain = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": f"{name}Key"}}
            by_key = {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": by_key}
            expected = plain if name == "PageFiles" else {"Fn::If": [f"Has{name}Key", by_key, plain]}
            self.assertEqual(encryption, expected, name)
            [rule] = bucket["LifecycleConfiguration"]["Rules"]
            self.assertEqual(rule["AbortIncompleteMultipartUpload"], {"DaysAfterInitiation": 7}, name)

    def test_buckets_and_queues_take_encrypted_connections_alone(self):
        policies = self.of_type("AWS::S3::BucketPolicy") | self.of_type("AWS::SQS::QueuePolicy")
        guarded = set()
        for policy in policies.values():
            [rule] = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Sid") == "TlsOnly"]
            self.assertEqual((rule["Effect"], rule["Principal"]), ("Deny", "*"))
            self.assertEqual(rule["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
            guarded.add(policy["Bucket"]["Ref"] if "Bucket" in policy else policy["Queues"][0]["Ref"])
        self.assertEqual(guarded, set(self.of_type("AWS::S3::Bucket")) | set(self.of_type("AWS::SQS::Queue")))

    def test_the_page_has_the_policy_that_its_readme_asks_for(self):
        [headers] = self.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
        given = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
        given = given["ContentSecurityPolicy"]["Fn::Sub"][0].replace("${AWS::Region}.${AWS::URLSuffix}", "REGION.amazonaws.com")
        given = given.replace("${SourceBucket}", "UPLOADS").replace("${Bucket}", "RESULTS")
        readme = (TEMPLATE.parent.parent / "web-demo" / "README.md").read_text(encoding="utf-8")
        asked = re.search(r"Content-Security-Policy: (.*?)\n```", readme, re.DOTALL)[1]
        self.assertEqual(given.split(), asked.split())

    def test_what_ministack_does_not_read_of_the_function(self):
        function = self.resources["Function"]["Properties"]
        none = {"Ref": "AWS::NoValue"}
        reserved = {"Fn::If": ["HasReservedConcurrency", {"Ref": "ReservedConcurrency"}, none]}
        self.assertEqual(function["ReservedConcurrentExecutions"], reserved)
        # A chain of parts of a large bucket is one that leads to itself.
        self.assertEqual(function["RecursiveLoop"], {"Fn::If": ["CanReconcile", "Allow", "Terminate"]})
        [invocation] = self.of_type("AWS::Lambda::EventInvokeConfig").values()
        letters = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
        self.assertEqual(invocation["DestinationConfig"], {"OnFailure": {"Destination": letters}})
        self.assertEqual(invocation["MaximumRetryAttempts"], 2)
        self.assertEqual(function["Architectures"], [{"Ref": "Architecture"}])

    def test_every_alarm_has_its_part_in_the_runbook(self):
        readme = (TEMPLATE.parent / "README.md").read_text(encoding="utf-8")
        alarms = self.of_type("AWS::CloudWatch::Alarm")
        self.assertEqual(len(alarms), 4)
        for alarm in alarms.values():
            name = alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            self.assertIn(f'"{name}"', alarm["AlarmDescription"])
            self.assertIn(f"### {name}\n", readme)

    def test_every_parameter_is_told_of(self):
        readme = (TEMPLATE.parent / "README.md").read_text(encoding="utf-8")
        told = set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
        self.assertEqual(told, set(parameters()))
        groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        self.assertEqual(sorted(name for group in groups for name in group["Parameters"]), sorted(parameters()))


class Loops(unittest.TestCase):
    """No half passes the filter that its source passed."""

    PIECES = ["a", "halves", "processed_", "_halver", "hal", "in", "/"]

    def mappings(self):
        """Buckets, prefixes and suffixes, of which the bounds of single parameters let these through."""
        prefixes = {"".join(pieces) for n in range(5) for pieces in itertools.product(self.PIECES, repeat=n)}
        prefixes = [prefix for prefix in sorted(prefixes) if is_allowed({"SourcePrefix": prefix})]
        self.assertGreater(len(prefixes), 50)
        for source_prefix, result_prefix in itertools.product(prefixes, parameters()["ResultPrefix"]["AllowedValues"]):
            for result_bucket in ["", "photos", "others"]:
                yield {
                    "SourceBucket": "photos", "ResultBucket": result_bucket, "SourcePrefix": source_prefix,
                    "ResultPrefix": result_prefix, "SourceSuffix": ".jpg", "ResultKey": "", "Page": "off",
                    "ReservedConcurrency": 0, "PageDomain": "", "PageCertificate": "",
                }  # fmt: skip

    def re_enters(self, given):
        """Whether a half of some source passes the filter."""
        if given["ResultBucket"] != given["SourceBucket"]:
            return False
        prefix, suffix = given["SourcePrefix"], given["SourceSuffix"]
        for rest in ["b", "halves/b", "processed_b", "in/b", ""]:
            half = f"{given['ResultPrefix']}{prefix}{rest}{suffix}"
            if half.startswith(prefix) and half.endswith(suffix):
                return True
        return False

    def test_what_the_rules_let_through_never_re_enters(self):
        rules = template()["Rules"]
        kept = [given for given in self.mappings() if keeps_rules(given, rules)]
        self.assertTrue(any(given["ResultBucket"] == "photos" for given in kept))
        for given in kept:
            self.assertFalse(self.re_enters(given), given)

    def test_the_rules_refuse_no_more_than_that(self):
        rules = template()["Rules"]
        refused = [given for given in self.mappings() if not keeps_rules(given, rules)]
        self.assertTrue(refused)
        for given in refused:
            self.assertTrue(self.re_enters(given), given)

    def test_keys_of_halves_are_no_prefix_of_sources(self):
        for prefix in ["/", "/in/", "in", "halves/", "halves/in/", "processed_", "processed_in/", "_halver/", "in//", "*/", "i,n/"]:
            self.assertFalse(is_allowed({"SourcePrefix": prefix}), prefix)
        for prefix in ["", "in/", "in/2026/", "half/", "processed/", "Halves/"]:
            self.assertTrue(is_allowed({"SourcePrefix": prefix}), prefix)

    def test_records_are_no_sources_either(self):
        for given in self.mappings():
            if given["ResultBucket"] == "photos" and keeps_rules(given, template()["Rules"]):
                record = "_halver/failed/in/a.jpg"
                self.assertFalse(fnmatch.fnmatchcase(record, f"{given['SourcePrefix']}*.jpg"), given)


if __name__ == "__main__":
    unittest.main()
