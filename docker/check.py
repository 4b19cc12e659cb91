"""Checks of docker/ that need no engine. `files` reads the folder, `chart` reads rendered manifests from stdin."""
import json
import re
import sys

import yaml

wrong = []


def must(condition, text):
    if not condition:
        wrong.append(text)


def dockerfile(name):
    text = open(name).read()
    lines = [l for l in re.sub(r"\\\n", " ", text).splitlines() if l.strip() and not l.startswith("#")]
    stages = [l for l in lines if l.startswith("FROM ")]
    for stage in stages:
        image = stage.split()[1]
        must(":" in image and not image.endswith(":latest"), f"{name}: {image} is not pinned to a tag")
    last = lines[max(i for i, l in enumerate(lines) if l.startswith("FROM ")):]
    users = [l.split()[1] for l in last if l.startswith("USER ")]
    must(users and re.fullmatch(r"\d+:\d+", users[-1]) and not users[-1].startswith("0"),
         f"{name}: does not end as a numeric user that is not root")
    must(any(l.startswith('ENTRYPOINT ["') for l in last), f"{name}: the entry point is not in exec form, signals would not arrive")
    for l in lines:
        if "apt-get install" in l:
            must("--no-install-recommends" in l and "rm -rf /var/lib/apt/lists" in l, f"{name}: apt leaves what nobody needs")
        must(not l.startswith("ADD "), f"{name}: ADD where COPY would do")
        must(not re.search(r"(PASSWORD|SECRET|TOKEN)=", l), f"{name}: holds a secret: {l}")
        for source in re.findall(r"^COPY (?!--from)(\S+)", l):
            import os
            must(os.path.exists("../" + source), f"{name}: copies {source}, which is not there")


def compose():
    c = yaml.safe_load(open("compose.yaml"))
    services = c["services"]
    must({"postgres", "keycloak", "s3", "portal"} <= set(services), "compose: a service is missing")
    for name, s in services.items():
        must("image" in s or "build" in s, f"compose: {name} has no image")
        must(":" in s.get("image", "x:") or "build" in s, f"compose: the image of {name} is not pinned")
        for port in s.get("ports", []):
            must(str(port).startswith("127.0.0.1:"), f"compose: {name} publishes {port} beyond loopback")
        for needed, how in (s.get("depends_on") or {}).items():
            must(needed in services, f"compose: {name} waits for {needed}, which is not there")
            if how["condition"] == "service_healthy":
                must("healthcheck" in services[needed], f"compose: {needed} can never be healthy")
        for volume in s.get("volumes", []):
            source = volume.split(":")[0]
            must(source in c["volumes"] or source.startswith("./"), f"compose: volume {source} of {name} is not declared")
    known = set(re.findall(r"`(ATELIER_[A-Z0-9_]+)`", open("../docs/operations.md").read()))
    for variable in services["portal"]["environment"]:
        must(variable in known, f"compose: {variable} is not in docs/operations.md")


def realm():
    r = json.load(open("keycloak/realm.json"))
    must("clientScopes" not in r, "realm: a clientScopes array stops Keycloak's built-in scopes")
    roles = {x["name"] for x in r["roles"]["realm"]}
    must(roles == {"viewer", "developer", "data-scientist", "ml-engineer", "platform-admin"}, "realm: roles")
    for x in r["roles"]["realm"]:
        for part in x.get("composites", {}).get("realm", []):
            must(part in roles, f"realm: {x['name']} includes {part}, which is not there")
    for g in r["groups"]:
        must(set(g["realmRoles"]) <= roles, f"realm: roles of group {g['name']}")
    for client in r["clients"]:
        must(not client["implicitFlowEnabled"] and not client["directAccessGrantsEnabled"], "realm: weak flows are on")
        must(client["attributes"]["pkce.code.challenge.method"] == "S256", "realm: no PKCE")
        must("secret" not in client, "realm: holds a secret")
        must(all("*" not in u for u in client["redirectUris"]), "realm: a redirect address with a wildcard")


def chart():
    documents = [d for d in yaml.safe_load_all(sys.stdin) if d]
    kinds = {d["kind"]: d for d in documents}
    for d in documents:
        must(d.get("apiVersion") and d.get("metadata", {}).get("name"), f"chart: {d.get('kind')} has no name or version")
    must({"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget"} <= set(kinds), f"chart: only {sorted(kinds)}")
    pod = kinds["Deployment"]["spec"]["template"]
    labels = kinds["Deployment"]["spec"]["selector"]["matchLabels"]
    must(labels.items() <= pod["metadata"]["labels"].items(), "chart: the deployment does not select its pods")
    must(kinds["Service"]["spec"]["selector"] == labels, "chart: the service selects other pods")
    must(kinds["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels, "chart: the policy selects other pods")
    spec = pod["spec"]
    container = spec["containers"][0]
    # Pod Security Standards, restricted.
    must(spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", "chart: not restricted (pod)")
    own = container["securityContext"]
    must(own["allowPrivilegeEscalation"] is False and own["capabilities"]["drop"] == ["ALL"] and own["readOnlyRootFilesystem"], "chart: not restricted (container)")
    must(spec["automountServiceAccountToken"] is False, "chart: the pod gets a token it does not need")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        must(container[probe]["httpGet"]["path"].startswith("/q/health/"), f"chart: {probe}")
    must({m["name"] for m in container["volumeMounts"]} == {v["name"] for v in spec["volumes"]}, "chart: volumes and mounts differ")
    names = [e["name"] for e in container["env"]]
    must(len(names) == len(set(names)), f"chart: a variable is set twice: {names}")
    must({"ATELIER_SECRET_KEY", "ATELIER_SEAL_KEY"} <= set(names), "chart: a key that replicas must share is not set")
    for e in container["env"]:
        if re.search("PASSWORD$|SECRET_KEY$|SEAL_KEY$|ACCESS_KEY$|CLIENT_SECRET$", e["name"]):
            must("valueFrom" in e, f"chart: {e['name']} is written out")
        elif "value" in e:
            must(isinstance(e["value"], str), f"chart: {e['name']} is not a string")


if sys.argv[1] == "files":
    dockerfile("portal.Dockerfile")
    dockerfile("runner.Dockerfile")
    compose()
    realm()
else:
    chart()
if wrong:
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(1)
print("docker/ " + sys.argv[1] + ": all checks hold")
