package dev.atelier.serving;

import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import jakarta.inject.Singleton;

/** {@code atelier:endpoint:deploy}: its schema, so that templates can be written for it. */
@Singleton
class EndpointDeploy extends BuiltIn {

    private static final String MISSING =
            "This portal cannot deploy endpoints to sites yet; it serves registered versions itself, under /v2/models."
                    + " Leave the step out, or skip it with if: false.";

    EndpointDeploy() {
        super(
                "atelier:endpoint:deploy",
                "Deploys a version of a model as an endpoint at a site.",
                """
                {"type": "object", "required": ["name", "model"], "additionalProperties": false, "properties": {
                  "name": {"type": "string", "title": "Name of the endpoint"},
                  "model": {"type": "string", "title": "Name of the model"},
                  "version": {"type": ["integer", "string"], "title": "Number or alias, champion unless given"},
                  "owner": {"type": "string", "title": "Whose it is; whoever starts the task unless given"},
                  "site": {"type": "string", "title": "Where it runs"},
                  "replicas": {"type": "integer", "minimum": 0, "title": "Copies at the same time"},
                  "traffic": {"type": "integer", "minimum": 0, "maximum": 100,
                    "title": "Share of the calls that it gets, in percent"}}}
                """,
                """
                {"type": "object", "properties": {
                  "entityRef": {"type": "string", "title": "The endpoint in the catalog"},
                  "endpointUrl": {"type": "string", "title": "Where to call it by the Open Inference Protocol"}}}
                """,
                new Example(
                        "Deploy the champion",
                        """
                        - action: atelier:endpoint:deploy
                          input:
                            name: penguins
                            model: penguins
                            version: champion
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
