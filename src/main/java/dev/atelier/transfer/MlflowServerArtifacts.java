package dev.atelier.transfer;

import static dev.atelier.transfer.MlflowServerClient.encoded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.transfer.MlflowServerClient.Answered;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The files of an MLflow server: how it lists them, and at which of its addresses their bytes are.
 */
final class MlflowServerArtifacts {

    private static final int DEEPEST = 12;
    private static final int MOST_FILES = 100_000;
    private static final String PROXY = "/api/2.0/mlflow-artifacts/artifacts";

    private final MlflowServerClient client;

    MlflowServerArtifacts(MlflowServerClient client) {
        this.client = client;
    }

    void files(Source.BroughtRun run, Source.Visitor<Source.File> visitor) throws IOException {
        var place = proxied(run.artifacts());
        files(
                (folder, token) ->
                        client.ask(
                                "/api/2.0/mlflow/artifacts/list?run_id=%s&run_uuid=%1$s"
                                                .formatted(encoded(run.id()))
                                        + (folder.isEmpty() ? "" : "&path=" + encoded(folder))
                                        + (token == null ? "" : "&page_token=" + encoded(token)),
                                null),
                false,
                path ->
                        place.map(at -> handedOut(at, path))
                                .orElseGet(
                                        () ->
                                                "/get-artifact?run_uuid=%s&run_id=%1$s&path=%s"
                                                        .formatted(
                                                                encoded(run.id()), encoded(path))),
                visitor);
    }

    void files(Source.BroughtModel model, Source.Visitor<Source.File> visitor) throws IOException {
        var place = proxied(model.artifacts());
        files(
                (folder, token) ->
                        client.ask(
                                "/api/2.0/mlflow/logged-models/%s/artifacts/directories?artifact_directory_path=%s"
                                                .formatted(encoded(model.id()), encoded(folder))
                                        + (token == null ? "" : "&page_token=" + encoded(token)),
                                null),
                false,
                path ->
                        place.map(at -> handedOut(at, path))
                                .orElseGet(
                                        () ->
                                                "/ajax-api/2.0/mlflow/logged-models/%s/artifacts/files?artifact_file_path=%s"
                                                        .formatted(
                                                                encoded(model.id()),
                                                                encoded(path))),
                visitor);
    }

    void files(Source.Version version, Source.Visitor<Source.File> visitor) throws IOException {
        var address =
                client.ask(
                                "/api/2.0/mlflow/model-versions/get-download-uri?name=%s&version=%d"
                                        .formatted(encoded(version.model()), version.number()),
                                null)
                        .path("artifact_uri")
                        .asText("");
        var place =
                proxied(address)
                        .orElseThrow(
                                () ->
                                        new Answered(
                                                "Its files lie at %s, which the server does not hand out."
                                                        .formatted(Texts.shown(address, 200))));
        files(
                (folder, token) ->
                        client.ask(
                                PROXY
                                        + "?path="
                                        + encoded(folder.isEmpty() ? place : place + "/" + folder)
                                        + (token == null ? "" : "&page_token=" + encoded(token)),
                                null),
                true,
                path -> handedOut(place, path),
                visitor);
    }

    /**
     * @param address where the bytes of a path are
     */
    private void files(
            Listing listing,
            boolean relative,
            UnaryOperator<String> address,
            Source.Visitor<Source.File> visitor)
            throws IOException {
        walk(
                listing,
                relative,
                found ->
                        visitor.see(
                                new Source.File(
                                        found.path,
                                        found.size,
                                        () -> bytes(address.apply(found.path)))));
    }

    // Lists --------------------------------------------------------------------------------------

    @FunctionalInterface
    private interface Listing {
        JsonNode of(String folder, @Nullable String token) throws IOException;
    }

    /**
     * Walks through folders. A server that names what is not below the folder it was asked for
     * would lead round in circles, or elsewhere.
     *
     * @param relative whether paths in a listing begin at its folder
     */
    private static void walk(Listing listing, boolean relative, Source.Visitor<Found> visitor)
            throws IOException {
        var waiting = new ArrayDeque<String>();
        waiting.add("");
        int files = 0;
        while (!waiting.isEmpty()) {
            var folder = waiting.poll();
            var below = new ArrayList<Found>();
            MlflowServerClient.pages(
                    token -> listing.of(folder, token),
                    page -> {
                        for (var one : page.path("files")) {
                            var path = one.path("path").asText("");
                            below.add(
                                    new Found(
                                            relative && !folder.isEmpty()
                                                    ? folder + "/" + path
                                                    : path,
                                            one.path("is_dir").asBoolean(),
                                            one.path("file_size").asLong(-1)));
                            if (below.size() > MOST_FILES) {
                                throw new Answered("The server's list of files does not end.");
                            }
                        }
                    });
            for (var found : below) {
                var inside =
                        found.path.length() > folder.length()
                                && (folder.isEmpty() || found.path.startsWith(folder + "/"));
                if (!inside) {
                    throw new Answered(
                            "The server lists \"%s\" in the folder \"%s\"."
                                    .formatted(Texts.shown(found.path, 100), folder));
                }
                if (!found.folder) {
                    if (++files > MOST_FILES) {
                        throw new Answered("There are more than 100,000 files.");
                    }
                    visitor.see(found);
                } else if (found.path.chars().filter(c -> c == '/').count() < DEEPEST) {
                    waiting.add(found.path);
                } else {
                    throw new Answered(
                            "The folder \"%s\" lies too deep."
                                    .formatted(Texts.shown(found.path, 100)));
                }
            }
        }
    }

    private record Found(String path, boolean folder, long size) {}

    // Addresses ----------------------------------------------------------------------------------

    /** Of a file that the server hands out itself. */
    private static String handedOut(String place, String path) {
        return PROXY + "/" + segments(place + "/" + path);
    }

    private InputStream bytes(String path) throws IOException {
        return client.open(path, null).body();
    }

    /** Behind {@code mlflow-artifacts:}, whose host is this server whatever it says. */
    private static Optional<String> proxied(String address) {
        if (!address.startsWith("mlflow-artifacts:")) {
            return Optional.empty();
        }
        var path = address.substring("mlflow-artifacts:".length());
        if (path.startsWith("//") && !path.startsWith("///")) {
            int end = path.indexOf('/', 2);
            path = end < 0 ? "" : path.substring(end);
        }
        return Optional.of(path.replaceAll("^/+|/+$", ""));
    }

    private static String segments(String path) {
        var parts = new ArrayList<String>();
        for (var part : path.split("/")) {
            parts.add(encoded(part));
        }
        return String.join("/", parts);
    }
}
