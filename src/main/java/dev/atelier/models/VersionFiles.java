package dev.atelier.models;

import dev.atelier.experiments.Artifacts;
import dev.atelier.experiments.RegisteredFiles;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** Files of versions, as MLflow's clients read artifacts. */
@ApplicationScoped
class VersionFiles implements RegisteredFiles {

    private record Address(ModelVersion version, String path) {}

    private final Models models;
    private final Versions versions;
    private final Caller caller;

    VersionFiles(Models models, Versions versions, Caller caller) {
        this.models = models;
        this.versions = versions;
        this.caller = caller;
    }

    private Address allowed(String address) {
        var parts = address.split("/", 3);
        if (parts.length < 2) {
            throw new NotFound("Registered versions lie at registry/<model>/<version>/…");
        }
        var model = models.called(parts[0]);
        caller.require(Permission.MODEL_DOWNLOAD, Resource.model(model.name()));
        return new Address(versions.find(model, parts[1]), parts.length == 3 ? parts[2] : "");
    }

    @Override
    public List<Artifacts.Entry> list(String address) {
        var folder = allowed(address);
        var prefix = folder.path.isEmpty() ? "" : folder.path + "/";
        var folders = new LinkedHashSet<String>();
        var entries = new ArrayList<Artifacts.Entry>();
        for (var file : folder.version.files()) {
            if (file.path().startsWith(prefix)) {
                var rest = file.path().substring(prefix.length());
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    entries.add(new Artifacts.Entry(rest, false, file.size()));
                } else if (folders.add(rest.substring(0, slash))) {
                    entries.add(new Artifacts.Entry(rest.substring(0, slash), true, 0));
                }
            }
        }
        return entries;
    }

    @Override
    public Artifacts.File get(String address) {
        var wanted = allowed(address);
        return wanted.version
                .file(wanted.path)
                .map(file -> new Artifacts.File(file.path(), new Blob(file.sha256(), file.size())))
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "Version %d of \"%s\" has no file \"%s\"."
                                                .formatted(
                                                        wanted.version.number(),
                                                        wanted.version.model(),
                                                        wanted.path)));
    }
}
