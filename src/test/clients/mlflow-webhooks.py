# Sets a webhook with MLflow's own client, tries it out, and verifies a delivery with MLflow's own code.
# Run as: mlflow-webhooks.py set RECEIVER | mlflow-webhooks.py verify SECRET ID TIMESTAMP SIGNATURE BODY_FILE
import sys

import mlflow
from mlflow.entities.webhook import WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

if sys.argv[1] == "verify":
    from mlflow.webhooks.delivery import _generate_hmac_signature

    secret, delivery, timestamp, signature, file = sys.argv[2:]
    body = open(file, encoding="utf-8").read()
    assert _generate_hmac_signature(secret, delivery, timestamp, body) == signature
    print("ok")
    sys.exit()

client = mlflow.MlflowClient()
made = client.create_webhook(
    name="from-python",
    url=sys.argv[2],
    events=["model_version_alias.created", WebhookEvent("registered_model", "created")],
    description="of the client",
    secret="a secret of Python's",
)
assert made.status == WebhookStatus.ACTIVE, made
assert [str(e) for e in made.events] == ["model_version_alias.created", "registered_model.created"]
assert made.secret is None
read = client.get_webhook(made.webhook_id)
assert (read.name, read.url, read.description) == ("from-python", sys.argv[2], "of the client")
assert made.webhook_id in [w.webhook_id for w in client.list_webhooks()]
page = client.list_webhooks(max_results=1)
assert len(page) == 1

result = client.test_webhook(made.webhook_id)
assert result.success and result.response_status == 200, result
result = client.test_webhook(made.webhook_id, event="registered_model.created")
assert result.success, result

changed = client.update_webhook(made.webhook_id, name="renamed", status="DISABLED", events=["model_version.created"])
assert changed.name == "renamed" and changed.status == WebhookStatus.DISABLED
assert [str(e) for e in changed.events] == ["model_version.created"]

for wrong in (
    lambda: client.create_webhook(name="bad name!", url=sys.argv[2], events=["model_version.created"]),
    lambda: client.create_webhook(name="inside", url="https://169.254.169.254/", events=["model_version.created"]),
    lambda: client.create_webhook(name="prompts", url=sys.argv[2], events=["prompt.created"]),
):
    try:
        wrong()
        raise AssertionError("was taken")
    except MlflowException as e:
        assert e.error_code == "INVALID_PARAMETER_VALUE", e

client.delete_webhook(made.webhook_id)
try:
    client.get_webhook(made.webhook_id)
    raise AssertionError("is still there")
except MlflowException as e:
    assert e.error_code == "RESOURCE_DOES_NOT_EXIST", e
print("ok")
