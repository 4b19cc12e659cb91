package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;

/** {@code fetch:plain}. */
@Singleton
class FetchPlain extends BuiltIn {

    private final Skeletons skeletons;

    FetchPlain(Skeletons skeletons) {
        super(
                "fetch:plain",
                "Takes a folder over as it is: from beside the template, or from a Git host.",
                """
                {"type": "object", "required": ["url"], "properties": {
                  "url": {"type": "string", "title": "Folder",
                    "description": "Relative to the template, or an address"},
                  "targetPath": {"type": "string", "title": "Where to, in the task's files"},
                  "token": {"type": "string", "title": "Token for the address"}}}
                """,
                "",
                new Example(
                        "Take the folder beside the template",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                            targetPath: docs
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
        var target = input.path("targetPath").asText("");
        context.workspace().path(target);
        var skeleton =
                skeletons.folder(
                        input.path("url").asText(),
                        context.base(),
                        input.path("token").asText(null));
        for (var file : skeleton.files()) {
            context.workspace()
                    .write(under(target, file.path()), file.content(), file.executable());
        }
        context.log("Took %d files.".formatted(skeleton.files().size()));
    }

    static String under(String target, String path) {
        return target.isEmpty() || target.equals(".") ? path : target + "/" + path;
    }
}
