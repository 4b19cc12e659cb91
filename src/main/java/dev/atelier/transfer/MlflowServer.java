package dev.atelier.transfer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import dev.atelier.platform.net.OutboundHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A running MLflow server (1.28 or newer), by its REST API. What it answers is not believed. */
final class MlflowServer implements Source {

    /** As a tree, an answer of a million small parts takes some fifty times its bytes. */
    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxTokenCount(1_000_000)
                                                    .maxNestingDepth(100)
                                                    .build())
                                    .build())
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build();

    private static final int MOST_JSON = 32 << 20;
    private static final int TRIES = 5;
    private static final int DEEPEST = 12;
    private static final int MOST_FILES = 100_000;
    private static final int MOST_PAGES = 1_000_000;
    private static final String PROXY = "/api/2.0/mlflow-artifacts/artifacts";

    private final OutboundHttp http;
    private final String base;
    private final Map<String, String> headers;
    private final Duration pause;
    private final Runnable check;

    /**
     * @param base address without a slash at its end
     * @param authorization the header; null for none
     * @param pause before the second try; doubled for each more
     * @param check ends it with an exception when nobody waits for it any more
     */
    MlflowServer(
            OutboundHttp http,
            String base,
            @Nullable String authorization,
            Duration pause,
            Runnable check) {
        this.http = http;
        this.base = base;
        headers = new HashMap<>();
        headers.put("accept", "*/*");
        if (authorization != null) {
            headers.put("authorization", authorization);
        }
        this.pause = pause;
        this.check = check;
    }

    // Asking -------------------------------------------------------------------------------------

    /** Not there: an older server, or a thing that is gone. */
    private static final class Missing extends IOException {
        private static final long serialVersionUID = 1;

        Missing(String message) {
            super(message);
        }
    }

    private OutboundHttp.Opened open(String path, @Nullable JsonNode body) throws IOException {
        var sent = body == null ? null : JSON.writeValueAsBytes(body);
        var all = new HashMap<>(headers);
        if (sent != null) {
            all.put("content-type", "application/json");
        }
        var wait = pause;
        for (int tries = 1; ; tries++) {
            String trouble;
            try {
                var answer = http.open(base + path, all, sent);
                if (answer.status() == 200) {
                    return answer;
                }
                trouble = refused(answer, path, tries == TRIES);
            } catch (OutboundHttp.Refused e) {
                throw new Unusable(String.valueOf(e.getMessage()));
            } catch (Away | Unusable | Missing | Answered e) {
                throw e;
            } catch (IOException e) {
                trouble = String.valueOf(e.getMessage());
            }
            check.run();
            if (tries == TRIES) {
                throw new Away(
                        "The server does not answer: "
                                + trouble
                                + (trouble.endsWith(".") ? "" : "."));
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2);
        }
    }

    /** More than is read at once; a smaller portion may do. */
    private static final class Large extends Answered {
        private static final long serialVersionUID = 1;

        Large() {
            super("The server's answer is larger than what is read at once (32 MiB).");
        }
    }

    /** An answer that says no, about this one thing. */
    private static class Answered extends IOException {
        private static final long serialVersionUID = 1;

        Answered(String message) {
            super(message);
        }
    }

    /** What is the trouble, when it may pass. */
    private static String refused(OutboundHttp.Opened answer, String path, boolean last)
            throws IOException {
        String said;
        try (answer) {
            said = message(answer.body().readNBytes(8 << 10));
        } catch (IOException e) {
            said = "";
        }
        var status = answer.status();
        if (status == 401 || status == 403) {
            throw new Unusable(
                    "The server answers %d: it does not let these credentials read %s."
                            .formatted(status, path.replaceAll("\\?.*", "")));
        }
        if (status / 100 == 3) {
            throw new Unusable(
                    "The server answers %d, a redirect, which is not followed with credentials. Give the address that it leads to."
                            .formatted(status));
        }
        if (status == 404) {
            throw new Missing("The server answers 404" + said);
        }
        if (status == 429 || status >= 502) {
            return "it answers " + status + said;
        }
        if (status < 500 || last) {
            throw new Answered("The server answers " + status + said);
        }
        return "it answers " + status + said;
    }

    private static String message(byte[] body) {
        try {
            var text = JSON.readTree(body).path("message").asText("");
            return text.isEmpty() ? "." : ": " + Texts.shown(text, 300);
        } catch (IOException e) {
            return ".";
        }
    }

    private JsonNode ask(String path, @Nullable JsonNode body) throws IOException {
        byte[] bytes;
        try (var answer = open(path, body)) {
            bytes = read(answer.body());
        } catch (Away | Unusable | Missing | Answered e) {
            throw e;
        } catch (IOException e) {
            throw new Away("The server's answer ended in the middle: " + e.getMessage());
        }
        if (bytes.length > MOST_JSON) {
            throw new Large();
        }
        try {
            var json = JSON.readTree(bytes);
            if (json.isObject()) {
                return json;
            }
        } catch (StreamConstraintsException e) {
            throw new Large();
        } catch (JsonProcessingException e) {
            throw new Answered("What the server answers is no JSON.");
        }
        throw new Answered("What the server answers is no JSON object.");
    }

    /** All of it, or more than is read at once; a little at a time, so that a cancel is heard. */
    private byte[] read(InputStream body) throws IOException {
        var all = new ByteArrayOutputStream();
        var some = new byte[64 << 10];
        for (int n; all.size() <= MOST_JSON && (n = body.read(some)) >= 0; ) {
            check.run();
            all.write(some, 0, n);
        }
        return all.toByteArray();
    }

    private static String of(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @FunctionalInterface
    private interface Page {
        JsonNode get(@Nullable String token) throws IOException;
    }

    private static void pages(Page page, Visitor<JsonNode> visitor) throws IOException {
        String token = null;
        for (int i = 0; i < MOST_PAGES; i++) {
            var answer = page.get(token);
            visitor.see(answer);
            var next = answer.path("next_page_token").asText("");
            if (next.isEmpty() || next.equals(token)) {
                return;
            }
            token = next;
        }
        throw new Answered("The server's list does not end.");
    }

    @Override
    public boolean answers() {
        try {
            var body = JSON.createObjectNode().put("max_results", 1);
            return ask("/api/2.0/mlflow/experiments/search", body).isObject();
        } catch (IOException e) {
            return false;
        }
    }

    // Experiments and runs -----------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) throws IOException {
        try {
            pages(
                    token -> {
                        var body = JSON.createObjectNode();
                        body.put("max_results", 1000).put("view_type", "ALL");
                        if (token != null) {
                            body.put("page_token", token);
                        }
                        return ask("/api/2.0/mlflow/experiments/search", body);
                    },
                    page -> {
                        for (var one : page.path("experiments")) {
                            visitor.see(
                                    new Experiment(
                                            required(one, "experiment_id"),
                                            one.path("name").asText(""),
                                            pairs(one.path("tags")),
                                            one.has("creation_time")
                                                    ? number(one, "creation_time")
                                                    : null,
                                            deleted(one)));
                        }
                    });
        } catch (Missing | Answered e) {
            throw new Unusable(
                    "This does not look like an MLflow server of release 1.28 or newer. "
                            + e.getMessage());
        }
    }

    private static boolean deleted(JsonNode info) {
        return info.path("lifecycle_stage").asText("").equals("deleted");
    }

    private static String required(JsonNode node, String field) throws IOException {
        var text = node.path(field).asText("");
        if (text.isEmpty()) {
            throw new Answered("What the server answers has no " + field + ".");
        }
        return text;
    }

    /** 0 for what is none. */
    private static long number(JsonNode node, String field) {
        return node.path(field).asLong(0);
    }

    private static Map<String, String> pairs(JsonNode list) {
        var pairs = new LinkedHashMap<String, String>();
        list.forEach(pair -> pairs.put(pair.path("key").asText(""), pair.path("value").asText("")));
        return pairs;
    }

    @Override
    public void runs(Experiment experiment, Visitor<BroughtRun> visitor) throws IOException {
        pages(
                token -> {
                    for (int size = 100; ; size /= 10) {
                        try {
                            return runs(experiment, token, size);
                        } catch (Large e) {
                            if (size == 1) {
                                throw e;
                            }
                        }
                    }
                },
                page -> {
                    for (var one : page.path("runs")) {
                        visitor.see(run(one));
                    }
                });
    }

    private JsonNode runs(Experiment experiment, @Nullable String token, int size)
            throws IOException {
        var body = JSON.createObjectNode();
        body.putArray("experiment_ids").add(experiment.id());
        body.put("run_view_type", "ALL").put("max_results", size);
        body.putArray("order_by").add("attributes.start_time ASC");
        if (token != null) {
            body.put("page_token", token);
        }
        return ask("/api/2.0/mlflow/runs/search", body);
    }

    private static BroughtRun run(JsonNode run) throws IOException {
        var info = run.path("info");
        var data = run.path("data");
        var id = info.path("run_id").asText(info.path("run_uuid").asText(""));
        if (id.isEmpty()) {
            throw new Answered("What the server answers has a run without an identifier.");
        }
        var metrics = new ArrayList<String>();
        data.path("metrics").forEach(metric -> metrics.add(metric.path("key").asText("")));
        var inputs = new ArrayList<RunLinks.Input>();
        for (var input : run.path("inputs").path("dataset_inputs")) {
            var set = input.path("dataset");
            inputs.add(
                    new RunLinks.Input(
                            new RunLinks.DataSet(
                                    set.path("name").asText(""),
                                    set.path("digest").asText(""),
                                    set.path("source_type").asText(""),
                                    set.path("source").asText(""),
                                    text(set, "schema"),
                                    text(set, "profile")),
                            pairs(input.path("tags"))));
        }
        var used = new ArrayList<String>();
        run.path("inputs")
                .path("model_inputs")
                .forEach(model -> used.add(model.path("model_id").asText("")));
        var made = new TreeMap<String, Long>();
        run.path("outputs")
                .path("model_outputs")
                .forEach(
                        model ->
                                made.put(model.path("model_id").asText(""), number(model, "step")));
        var tags = pairs(data.path("tags"));
        return new BroughtRun(
                id,
                info.path("experiment_id").asText(""),
                info.path("run_name").asText(tags.getOrDefault("mlflow.runName", "")),
                info.path("user_id").asText(""),
                status(info.path("status").asText("")),
                number(info, "start_time"),
                info.path("end_time").asLong(0) == 0 ? null : number(info, "end_time"),
                deleted(info),
                pairs(data.path("params")),
                tags,
                metrics,
                inputs,
                used,
                made,
                info.path("artifact_uri").asText(""),
                run.toString());
    }

    private static @Nullable String text(JsonNode node, String field) {
        return node.hasNonNull(field) ? node.path(field).asText() : null;
    }

    static Run.Status status(String name) {
        for (var status : Run.Status.values()) {
            if (status.name().equals(name)) {
                return status;
            }
        }
        return Run.Status.RUNNING;
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        var address =
                "/api/2.0/mlflow/metrics/get-history?run_id=%s&run_uuid=%1$s&metric_key=%s&max_results=25000"
                        .formatted(of(run.id()), of(key));
        pages(
                token -> ask(address + (token == null ? "" : "&page_token=" + of(token)), null),
                page -> {
                    for (var point : page.path("metrics")) {
                        visitor.see(point(key, point));
                    }
                });
    }

    /** Each is a request or more, and most of the time goes by on the way. */
    @Override
    public int historiesAtOnce() {
        return 4;
    }

    private static Metrics.Point point(String key, JsonNode point) throws IOException {
        return new Metrics.Point(
                key,
                decimal(point.path("value")),
                number(point, "timestamp"),
                number(point, "step"));
    }

    private static double decimal(JsonNode value) throws IOException {
        if (value.isNumber()) {
            return value.doubleValue();
        }
        try {
            return Double.parseDouble(value.asText("").replace("nan", "NaN"));
        } catch (NumberFormatException e) {
            throw new Answered(
                    "A point's value is no number: " + Texts.shown(value.asText(""), 60) + ".");
        }
    }

    @Override
    public void models(Experiment experiment, Visitor<BroughtModel> visitor) throws IOException {
        try {
            pages(
                    token -> {
                        var body = JSON.createObjectNode();
                        body.putArray("experiment_ids").add(experiment.id());
                        body.put("max_results", 50);
                        if (token != null) {
                            body.put("page_token", token);
                        }
                        return ask("/api/2.0/mlflow/logged-models/search", body);
                    },
                    page -> {
                        for (var one : page.path("models")) {
                            visitor.see(model(one));
                        }
                    });
        } catch (Missing e) {
            // MLflow 2 has none.
        }
    }

    private static BroughtModel model(JsonNode model) throws IOException {
        var info = model.path("info");
        var metrics = new ArrayList<ModelMetric>();
        for (var metric : model.path("data").path("metrics")) {
            metrics.add(
                    new ModelMetric(
                            point(metric.path("key").asText(""), metric),
                            metric.path("dataset_name").asText(""),
                            metric.path("dataset_digest").asText(""),
                            metric.path("run_id").asText("")));
        }
        return new BroughtModel(
                required(info, "model_id"),
                info.path("experiment_id").asText(""),
                info.path("name").asText(""),
                text(info, "model_type"),
                text(info, "source_run_id"),
                switch (info.path("status").asText("")) {
                    case "LOGGED_MODEL_READY" -> LoggedModel.Status.READY;
                    case "LOGGED_MODEL_UPLOAD_FAILED" -> LoggedModel.Status.UPLOAD_FAILED;
                    default -> LoggedModel.Status.PENDING;
                },
                number(info, "creation_timestamp_ms"),
                pairs(model.path("data").path("params")),
                pairs(info.path("tags")),
                metrics,
                info.path("artifact_uri").asText(""));
    }

    // Files --------------------------------------------------------------------------------------

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
    private static void walk(Listing listing, boolean relative, Visitor<Found> visitor)
            throws IOException {
        var waiting = new ArrayDeque<String>();
        waiting.add("");
        int files = 0;
        while (!waiting.isEmpty()) {
            var folder = waiting.poll();
            var below = new ArrayList<Found>();
            pages(
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

    private InputStream bytes(String path) throws IOException {
        return open(path, null).body();
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
            parts.add(of(part));
        }
        return String.join("/", parts);
    }

    @Override
    public void files(BroughtRun run, Visitor<File> visitor) throws IOException {
        var place = proxied(run.artifacts());
        walk(
                (folder, token) ->
                        ask(
                                "/api/2.0/mlflow/artifacts/list?run_id=%s&run_uuid=%1$s"
                                                .formatted(of(run.id()))
                                        + (folder.isEmpty() ? "" : "&path=" + of(folder))
                                        + (token == null ? "" : "&page_token=" + of(token)),
                                null),
                false,
                found ->
                        visitor.see(
                                new File(
                                        found.path,
                                        found.size,
                                        () ->
                                                bytes(
                                                        place.isPresent()
                                                                ? PROXY
                                                                        + "/"
                                                                        + segments(
                                                                                place.get()
                                                                                        + "/"
                                                                                        + found.path)
                                                                : "/get-artifact?run_uuid=%s&run_id=%1$s&path=%s"
                                                                        .formatted(
                                                                                of(run.id()),
                                                                                of(found.path))))));
    }

    @Override
    public void files(BroughtModel model, Visitor<File> visitor) throws IOException {
        var place = proxied(model.artifacts());
        walk(
                (folder, token) ->
                        ask(
                                "/api/2.0/mlflow/logged-models/%s/artifacts/directories?artifact_directory_path=%s"
                                                .formatted(of(model.id()), of(folder))
                                        + (token == null ? "" : "&page_token=" + of(token)),
                                null),
                false,
                found ->
                        visitor.see(
                                new File(
                                        found.path,
                                        found.size,
                                        () ->
                                                bytes(
                                                        place.isPresent()
                                                                ? PROXY
                                                                        + "/"
                                                                        + segments(
                                                                                place.get()
                                                                                        + "/"
                                                                                        + found.path)
                                                                : "/ajax-api/2.0/mlflow/logged-models/%s/artifacts/files?artifact_file_path=%s"
                                                                        .formatted(
                                                                                of(model.id()),
                                                                                of(found.path))))));
    }

    // Registry -----------------------------------------------------------------------------------

    @Override
    public void registered(Visitor<Registered> visitor) throws IOException {
        try {
            pages(
                    token ->
                            ask(
                                    "/api/2.0/mlflow/registered-models/search?max_results=1000"
                                            + (token == null ? "" : "&page_token=" + of(token)),
                                    null),
                    page -> {
                        for (var one : page.path("registered_models")) {
                            var aliases = new TreeMap<String, String>();
                            one.path("aliases")
                                    .forEach(
                                            alias ->
                                                    aliases.put(
                                                            alias.path("alias").asText(""),
                                                            alias.path("version").asText("")));
                            visitor.see(
                                    new Registered(
                                            required(one, "name"),
                                            text(one, "description"),
                                            pairs(one.path("tags")),
                                            aliases,
                                            number(one, "creation_timestamp")));
                        }
                    });
        } catch (Missing e) {
            // A server without a registry: one on a file store of the first releases.
        }
    }

    @Override
    public void versions(Registered model, Visitor<Version> visitor) throws IOException {
        var name = model.name();
        if (name.indexOf('\'') >= 0 && name.indexOf('"') >= 0) {
            throw new Answered("The server cannot be asked for versions of such a name.");
        }
        var quote = name.indexOf('\'') >= 0 ? "\"" : "'";
        var all = new ArrayList<Version>();
        pages(
                token ->
                        ask(
                                "/api/2.0/mlflow/model-versions/search?max_results=1000&filter="
                                        + of("name=" + quote + name + quote)
                                        + (token == null ? "" : "&page_token=" + of(token)),
                                null),
                page -> {
                    for (var one : page.path("model_versions")) {
                        all.add(
                                new Version(
                                        name,
                                        one.path("version").asInt(),
                                        text(one, "description"),
                                        one.path("current_stage").asText("None"),
                                        one.path("source").asText(""),
                                        "",
                                        text(one, "run_id"),
                                        text(one, "model_id"),
                                        text(one, "run_link"),
                                        pairs(one.path("tags")),
                                        number(one, "creation_timestamp")));
                    }
                });
        all.sort(java.util.Comparator.comparingInt(Version::number));
        for (var version : all) {
            visitor.see(version);
        }
    }

    @Override
    public void files(Version version, Visitor<File> visitor) throws IOException {
        var address =
                ask(
                                "/api/2.0/mlflow/model-versions/get-download-uri?name=%s&version=%d"
                                        .formatted(of(version.model()), version.number()),
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
        walk(
                (folder, token) ->
                        ask(
                                PROXY
                                        + "?path="
                                        + of(folder.isEmpty() ? place : place + "/" + folder)
                                        + (token == null ? "" : "&page_token=" + of(token)),
                                null),
                true,
                found ->
                        visitor.see(
                                new File(
                                        found.path,
                                        found.size,
                                        () ->
                                                bytes(
                                                        PROXY
                                                                + "/"
                                                                + segments(
                                                                        place
                                                                                + "/"
                                                                                + found.path)))));
    }

    @Override
    public long traces() throws IOException {
        var ids = new ArrayList<String>();
        experiments(one -> ids.add(one.id()));
        for (int i = 0; i < ids.size(); i += 20) {
            try {
                var query =
                        String.join(
                                "&",
                                ids.subList(i, Math.min(ids.size(), i + 20)).stream()
                                        .map(id -> "experiment_ids=" + of(id))
                                        .toList());
                if (!ask("/api/2.0/mlflow/traces?max_results=1&" + query, null)
                        .path("traces")
                        .isEmpty()) {
                    return 1;
                }
            } catch (Missing | Answered e) {
                return 0;
            }
        }
        return 0;
    }
}
