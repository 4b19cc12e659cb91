package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;

/** {@code fetch:plain:file}. */
@Singleton
class FetchPlainFile extends BuiltIn {

    private final Skeletons skeletons;

    FetchPlainFile(Skeletons skeletons) {
        super(
                "fetch:plain:file",
                "Takes one file over as it is: from beside the template, or from an address.",
                """
                {"type": "object", "required": ["url", "targetPath"], "properties": {
                  "url": {"type": "string", "title": "File",
                    "description": "Relative to the template, or an address"},
                  "targetPath": {"type": "string", "title": "Where to, in the task's files"},
                  "token": {"type": "string", "title": "Token for the address"}}}
                """,
                "",
                new Example(
                        "Take one file beside the template",
                        """
                        - action: fetch:plain:file
                          input:
                            url: ./skeleton/README.md
                            targetPath: README.md
                        """));
        this.skeletons = skeletons;
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        var file =
                skeletons.file(
                        input.path("url").asText(),
                        context.base(),
                        input.path("token").asText(null));
        context.workspace()
                .write(input.path("targetPath").asText(), file.content(), file.executable());
        context.log("Took %s.".formatted(input.path("targetPath").asText()));
    }
}
