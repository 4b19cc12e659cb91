package dev.atelier.workspaces;

import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import jakarta.inject.Singleton;

/** {@code atelier:workspace:launch}: its schema, so that templates can be written for it. */
@Singleton
class WorkspaceLaunch extends BuiltIn {

    private static final String MISSING =
            "This portal cannot launch workspaces yet. Leave the step out, or skip it with if: false.";

    WorkspaceLaunch() {
        super(
                "atelier:workspace:launch",
                "Launches a workspace with a repository in it.",
                """
                {"type": "object", "required": ["name", "image"], "additionalProperties": false, "properties": {
                  "name": {"type": "string", "title": "Name of the workspace"},
                  "owner": {"type": "string", "title": "Whose it is; whoever starts the task unless given"},
                  "image": {"type": "string", "title": "Container image"},
                  "cloneUrl": {"type": "string", "title": "Repository that is cloned into it"},
                  "site": {"type": "string", "title": "Where it runs"},
                  "cpu": {"type": "number", "exclusiveMinimum": 0, "title": "Processor cores"},
                  "memory": {"type": "string", "title": "Memory, say 8Gi"},
                  "gpus": {"type": "integer", "minimum": 0, "title": "Graphics processors"},
                  "idleTimeout": {"type": "string", "title": "Stops when nobody used it for so long, say PT2H"}}}
                """,
                """
                {"type": "object", "properties": {
                  "entityRef": {"type": "string", "title": "The workspace in the catalog"},
                  "workspaceUrl": {"type": "string", "title": "Where to open it"}}}
                """,
                new Example(
                        "Launch a workspace",
                        """
                        - action: atelier:workspace:launch
                          input:
                            name: penguins
                            image: python:3.12-slim
                            cpu: 2
                            memory: 8Gi
                        """));
    }

    @Override
    public String missing() {
        return MISSING;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed {
        throw new ActionFailed(MISSING);
    }
}
