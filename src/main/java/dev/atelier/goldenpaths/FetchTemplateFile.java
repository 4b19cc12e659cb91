package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;

/** {@code fetch:template:file}. */
@Singleton
class FetchTemplateFile extends BuiltIn {

    private final Skeletons skeletons;

    FetchTemplateFile(Skeletons skeletons) {
        super(
                "fetch:template:file",
                "Takes one file over and renders its content.",
                """
                {"type": "object", "required": ["url", "targetPath"], "properties": {
                  "url": {"type": "string", "title": "File",
                    "description": "Relative to the template, or an address"},
                  "token": {"type": "string", "title": "Token for the address"},
                """
                        + Templating.MEMBERS
                        + "}}",
                "",
                new Example(
                        "Render one file beside the template",
                        """
                        - action: fetch:template:file
                          input:
                            url: ./skeleton/README.md
                            targetPath: docs/index.md
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
        var file =
                skeletons.file(
                        input.path("url").asText(),
                        context.base(),
                        input.path("token").asText(null));
        var target = input.path("targetPath").asText();
        new Templating(context)
                .write(
                        List.of(new Skeleton.Material(target, file.content(), file.executable())),
                        "");
        context.log("Made %s.".formatted(target));
    }
}
