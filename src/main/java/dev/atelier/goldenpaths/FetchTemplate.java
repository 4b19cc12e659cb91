package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;

/** {@code fetch:template}. */
@Singleton
class FetchTemplate extends BuiltIn {

    private final Skeletons skeletons;

    FetchTemplate(Skeletons skeletons) {
        super(
                "fetch:template",
                "Takes a folder over and renders the names and contents of its files. Files that are"
                        + " no text are copied.",
                """
                {"type": "object", "required": ["url"], "properties": {
                  "url": {"type": "string", "title": "Folder",
                    "description": "Relative to the template, or an address"},
                  "token": {"type": "string", "title": "Token for the address"},
                """
                        + Templating.MEMBERS
                        + "}}",
                "",
                new Example(
                        "Render the folder beside the template",
                        """
                        - action: fetch:template
                          name: Make the project
                          input:
                            url: ./skeleton
                            values:
                              name: penguins
                        """),
                new Example(
                        "Leave workflows as they are: they have expressions of their own",
                        """
                        - action: fetch:template
                          input:
                            url: ./skeleton
                            targetPath: project
                            copyWithoutTemplating: [".github/workflows/*"]
                            values:
                              name: penguins
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
        var skeleton =
                skeletons.folder(
                        input.path("url").asText(),
                        context.base(),
                        input.path("token").asText(null));
        int written =
                new Templating(context)
                        .write(skeleton.files(), input.path("targetPath").asText(""));
        context.log("Made %d files.".formatted(written));
    }
}
