package dev.atelier.experiments;

import dev.atelier.platform.blobs.BundlePath;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Where artifacts lie: {@code <experiment>/<run>/artifacts/<path>} or {@code
 * <experiment>/models/<logged model>/artifacts/<path>}, as {@code mlflow-artifacts:} addresses say
 * it. The portal alone gives these out; no client names a place of its own.
 *
 * @param path of a file or folder; empty for all of them
 */
public record ArtifactPlace(long experiment, Holder holder, UUID id, String path) {

    /** What artifacts belong to. */
    public enum Holder {
        RUN("run_artifact", "run"),
        LOGGED_MODEL("logged_model_artifact", "model");

        private final String table;
        private final String column;

        Holder(String table, String column) {
            this.table = table;
            this.column = column;
        }

        String table() {
            return table;
        }

        String column() {
            return column;
        }
    }

    public static final String SCHEME = "mlflow-artifacts:/";

    public static ArtifactPlace of(Run run, String path) {
        return new ArtifactPlace(run.experiment(), Holder.RUN, run.id(), folder(path));
    }

    public static ArtifactPlace of(LoggedModel model, String path) {
        return new ArtifactPlace(model.experiment(), Holder.LOGGED_MODEL, model.id(), folder(path));
    }

    /**
     * @param address decoded once, as the server's router does
     * @throws NotFound when nothing can be there
     * @throws Invalid when it leads out of where artifacts lie
     */
    public static ArtifactPlace parse(String address) {
        var text = folder(address);
        var ofModel = text.split("/", 5);
        if (ofModel.length >= 4 && ofModel[1].equals("models") && ofModel[3].equals("artifacts")) {
            return new ArtifactPlace(
                    Experiments.number(ofModel[0]),
                    Holder.LOGGED_MODEL,
                    Ids.ofModel(ofModel[2]).orElseThrow(() -> LoggedModels.none(ofModel[2])),
                    ofModel.length == 5 ? folder(ofModel[4]) : "");
        }
        var ofRun = text.split("/", 4);
        if (ofRun.length >= 3 && ofRun[2].equals("artifacts")) {
            return new ArtifactPlace(
                    Experiments.number(ofRun[0]),
                    Holder.RUN,
                    Ids.of(ofRun[1]).orElseThrow(() -> Runs.none(ofRun[1])),
                    ofRun.length == 4 ? folder(ofRun[3]) : "");
        }
        throw new NotFound(
                "There are no artifacts at \"%s\". They lie at <experiment>/<run>/artifacts/… and <experiment>/models/<model>/artifacts/…"
                        .formatted(shown(address)));
    }

    /** A path without slashes around it, refused when it leads anywhere else than it reads. */
    public static String folder(String path) {
        var text = path.strip().replaceAll("^/+|/+$", "");
        if (text.isEmpty()) {
            return "";
        }
        check(text);
        // A proxy or a client that decodes once more must not find another path in it.
        var decoded = decoded(text);
        if (!decoded.equals(text)) {
            check(decoded);
        }
        return BundlePath.normalised(text);
    }

    private static void check(String path) {
        for (var part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw invalid(path);
            }
        }
        if (path.startsWith("/")
                || path.indexOf('\\') >= 0
                || path.matches("[A-Za-z]:.*")
                || path.chars().anyMatch(Character::isISOControl)) {
            throw invalid(path);
        }
    }

    private static Invalid invalid(String path) {
        return new Invalid(
                "Invalid path '%s': it must stay inside the artifacts, with single / between its parts."
                        .formatted(shown(path)));
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text; // a % that begins no escape is a character
        }
    }

    private static String shown(String text) {
        var some = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return some.replaceAll("\\p{C}", "�");
    }

    ArtifactPlace at(String path) {
        return new ArtifactPlace(experiment, holder, id, path);
    }

    /** All artifacts of the same run or model. */
    ArtifactPlace root() {
        return at("");
    }

    /** As clients write it. */
    public String uri() {
        return SCHEME
                + experiment
                + (holder == Holder.RUN ? "/" + Ids.hex(id) : "/models/" + Ids.model(id))
                + "/artifacts"
                + (path.isEmpty() ? "" : "/" + path);
    }
}
