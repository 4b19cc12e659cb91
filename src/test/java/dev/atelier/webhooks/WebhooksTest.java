package dev.atelier.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.PythonClients;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.notifications.Receiver;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.net.SignedPost;
import dev.atelier.serving.Models;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.builder.MultiPartSpecBuilder;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = LocalReceivers.class, restrictToAnnotatedClass = true)
@DisplayName("A webhook of the registry")
class WebhooksTest {

    private static final String ALL = "/api/2.0/mlflow/webhooks";
    private static final String SECRET = "keep this: ä";
    private static final AtomicInteger COUNT = new AtomicInteger();

    @Inject Sql sql;
    @Inject Webhooks webhooks;
    @Inject SignedPost post;
    @Inject ObjectMapper json;

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;
    private Receiver receiver;
    private String model;

    @BeforeEach
    void a_receiver() throws Exception {
        receiver = new Receiver();
        model = "hooked-" + COUNT.incrementAndGet();
    }

    @AfterEach
    void is_closed() {
        receiver.close();
        QuarkusTransaction.requiringNew().run(() -> sql.update("delete from webhook"));
    }

    private static RequestSpecification admin() {
        return RestAssured.given().redirects().follow(false);
    }

    private static Map<String, String> event(String entity, String action) {
        return Map.of("entity", entity, "action", action);
    }

    private Map<String, Object> wish(List<Map<String, String>> events) {
        var wish = new HashMap<String, Object>();
        wish.put("name", "test-hook");
        wish.put("url", receiver.address());
        wish.put("events", events);
        wish.put("secret", SECRET);
        return wish;
    }

    private String hook(RequestSpecification by, Map<String, Object> wish) {
        return by.contentType("application/json")
                .body(wish)
                .post(ALL)
                .then()
                .statusCode(200)
                .extract()
                .path("webhook.webhook_id");
    }

    private String aliasHook() {
        return hook(admin(), wish(List.of(event("MODEL_VERSION_ALIAS", "CREATED"))));
    }

    private void register(RequestSpecification by, String parameters) {
        by.multiPart("file", "model.onnx", Models.doubling())
                .multiPart(
                        new MultiPartSpecBuilder(parameters)
                                .controlName("parameters")
                                .emptyFileName()
                                .build())
                .post("/api/v1/models/{m}/versions", model)
                .then()
                .statusCode(201);
    }

    private void alias(String alias) {
        admin().contentType("application/json")
                .body("{\"version\":1}")
                .put("/api/v1/models/{m}/aliases/{a}", model, alias)
                .then()
                .statusCode(200);
    }

    private void awaitCalls(int count) {
        Awaitility.await().until(() -> receiver.calls.size() >= count);
    }

    private JsonNode body(int n) {
        try {
            return json.readTree(receiver.calls.get(n).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String state(String id) {
        return sql.first(
                        """
                        select case when leased_until > clock_timestamp() then 'sending' else state end
                               || ' ' || tries
                        from webhook_delivery where webhook = ?::uuid order by seq desc limit 1
                        """,
                        row -> row.getString(1),
                        id)
                .orElse("none");
    }

    /** As if the wait were over. */
    private void hurry(String id) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "update webhook_delivery set due_at = clock_timestamp() where webhook = ?::uuid",
                                        id));
    }

    private static String signature(String id, String timestamp, String body) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return "v1,"
                + Base64.getEncoder()
                        .encodeToString(
                                mac.doFinal(
                                        (id + "." + timestamp + "." + body)
                                                .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void is_called_signed_as_mlflow_signs() throws Exception {
        register(admin(), "{}");
        aliasHook();

        alias("champion");

        awaitCalls(1);
        var call = receiver.calls.getFirst();
        assertThat(call.headers().get("Content-Type")).isEqualTo("application/json");
        assertThat(call.headers().get("X-MLflow-Signature"))
                .isEqualTo(
                        signature(
                                call.headers().get("X-MLflow-Delivery-Id"),
                                call.headers().get("X-MLflow-Timestamp"),
                                call.body()));
        assertThat(body(0).path("entity").asText()).isEqualTo("model_version_alias");
        assertThat(body(0).path("action").asText()).isEqualTo("created");
        assertThat(body(0).path("timestamp").asText()).matches("2\\d{3}-.*\\+00:00");
        assertThat(body(0).path("data"))
                .isEqualTo(
                        json.readTree(
                                "{\"name\":\"%s\",\"alias\":\"champion\",\"version\":\"1\"}"
                                        .formatted(model)));
    }

    @Test
    void hears_of_all_that_happens_in_its_order() {
        var all =
                Arrays.stream(RegistryEvent.values())
                        .map(e -> event(e.entity(), e.action()))
                        .toList();
        hook(admin(), wish(all));

        register(admin(), "{\"description\":\"d\",\"tags\":{\"k\":\"v\"}}");
        alias("one");
        admin().delete("/api/v1/models/{m}/aliases/one", model).then().statusCode(200);
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "update model_version set tags = '{\"new\":\"1\"}' where model = ?",
                                        model));

        awaitCalls(6);
        assertThat(receiver.calls)
                .extracting(
                        call ->
                                read(call).path("entity").asText()
                                        + "."
                                        + read(call).path("action").asText())
                .containsExactly(
                        "registered_model.created",
                        "model_version.created",
                        "model_version_alias.created",
                        "model_version_alias.deleted",
                        "model_version_tag.set",
                        "model_version_tag.deleted");
        assertThat(body(0).path("data").path("description").asText()).isEqualTo("d");
        assertThat(body(1).path("data").path("version").asText()).isEqualTo("1");
        assertThat(body(1).path("data").path("tags").path("k").asText()).isEqualTo("v");
        assertThat(body(4).path("data").path("key").asText()).isEqualTo("new");
        assertThat(body(5).path("data").path("key").asText()).isEqualTo("k");
    }

    private JsonNode read(Receiver.Call call) {
        try {
            return json.readTree(call.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String calledWhileItAnswers(int status) {
        register(admin(), "{}");
        var id = aliasHook();
        receiver.status = status;
        alias("champion");
        return id;
    }

    @Test
    void is_called_again_under_the_same_id_until_it_takes_it() {
        var id = calledWhileItAnswers(503);
        awaitCalls(1);
        Awaitility.await().until(() -> state(id).equals("waiting 1"));
        assertThat(
                        Jsoup.parse(admin().accept("text/html").get("/webhooks/" + id).asString())
                                .text())
                .contains("It answered 503.")
                .contains("Tried again");
        receiver.status = 204;
        hurry(id);

        Awaitility.await().until(() -> state(id).equals("done 2"));
        assertThat(receiver.calls)
                .extracting(call -> call.headers().get("X-MLflow-Delivery-Id"))
                .hasSize(2)
                .containsOnly(receiver.calls.getFirst().headers().get("X-MLflow-Delivery-Id"));
    }

    @Test
    void gives_up_what_is_refused_and_sends_it_again_when_asked() {
        var id = calledWhileItAnswers(404);
        Awaitility.await().until(() -> state(id).equals("failed 1"));
        receiver.status = 200;

        var page = Jsoup.parse(admin().accept("text/html").get("/webhooks/" + id).asString());
        var again = page.select("form[action$=again]").attr("action");
        admin().accept("text/html").post(again).then().statusCode(303);

        Awaitility.await().until(() -> state(id).equals("done 1"));
        admin().accept("text/html").post(again).then().statusCode(409);
    }

    @Test
    void gives_up_after_eight_tries() {
        var id = calledWhileItAnswers(500);

        for (int i = 1; i < 8; i++) {
            var tries = i;
            Awaitility.await().until(() -> state(id).equals("waiting " + tries));
            hurry(id);
        }

        Awaitility.await().until(() -> state(id).equals("failed 8"));
    }

    @Test
    void is_called_by_another_portal_when_the_one_that_took_it_died() {
        var id = calledWhileItAnswers(500);
        Awaitility.await().until(() -> state(id).equals("waiting 1"));
        receiver.status = 200;
        // Taken, and nothing came of it.
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        """
                                        update webhook_delivery
                                        set leased_until = clock_timestamp() + interval '2 s',
                                            due_at = clock_timestamp()
                                        where webhook = ?::uuid
                                        """,
                                        id));

        Awaitility.await().until(() -> state(id).equals("done 2"));

        assertThat(receiver.calls).hasSize(2);
    }

    @Test
    void is_called_once_for_each_event_by_two_portals_together() throws Exception {
        register(admin(), "{}");
        var id = aliasHook();
        var other = new Deliveries(sql, webhooks, post, json, Duration.ofMillis(50));
        other.start(null);
        try {
            for (int i = 0; i < 20; i++) {
                alias("alias-" + i);
            }
            awaitCalls(20);
            Awaitility.await()
                    .until(
                            () ->
                                    sql.one(
                                                    "select count(*) from webhook_delivery where webhook = ?::uuid and state = 'done'",
                                                    row -> row.getInt(1),
                                                    id)
                                            == 20);
        } finally {
            other.stop(null);
        }

        assertThat(receiver.calls)
                .extracting(call -> read(call).path("data").path("alias").asText())
                .hasSize(20)
                .doesNotHaveDuplicates();
    }

    @Test
    void hears_of_no_model_but_its_makers_own() {
        var team = "group:default/hooks-" + COUNT.incrementAndGet();
        var owner = Person.named("owner").with("data-scientist").in(team);
        var other = Person.named("other").with("data-scientist");
        var events =
                List.of(event("MODEL_VERSION", "CREATED"), event("REGISTERED_MODEL", "CREATED"));
        var id = hook(owner.asks(), wish(events));

        register(other.asks(), "{}");
        var foreign = model;
        model = "hooked-" + COUNT.incrementAndGet();
        register(owner.asks(), "{\"owner\":\"%s\"}".formatted(team));

        awaitCalls(2);
        assertThat(receiver.calls)
                .allSatisfy(
                        call ->
                                assertThat(call.body())
                                        .contains(model)
                                        .doesNotContain("\"" + foreign));
        // Another one's webhook is as one that is not there.
        other.asks().get(ALL + "/" + id).then().statusCode(404);
        other.asks().delete(ALL + "/" + id).then().statusCode(404);
        other.asks().get(ALL).then().body("webhooks.webhook_id", not(hasItem(id)));
        other.asks().accept("text/html").get("/webhooks/" + id).then().statusCode(404);
        admin().get(ALL).then().body("webhooks.webhook_id", hasItem(id));
        Person.named("reader").with("developer").asks().get(ALL).then().statusCode(403);
    }

    @Test
    void is_not_called_any_more_when_its_maker_may_not_hear_of_it() {
        register(admin(), "{}");
        var former = Person.named("former").with("platform-admin");
        var id = hook(former.asks(), wish(List.of(event("MODEL_VERSION_ALIAS", "CREATED"))));
        receiver.status = 500;
        alias("champion");
        Awaitility.await().until(() -> state(id).equals("waiting 1"));

        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "delete from role_assignment where holder = ?",
                                        former.ref()));
        Awaitility.await().pollDelay(Duration.ofMillis(1_200)).until(() -> true);
        hurry(id);

        Awaitility.await().until(() -> state(id).equals("failed 2"));
        assertThat(receiver.calls).hasSize(1);
    }

    @Test
    void hears_nothing_while_it_is_switched_off() {
        register(admin(), "{}");
        var off = aliasHook();
        admin().contentType("application/json")
                .body(Map.of("status", "DISABLED"))
                .patch(ALL + "/" + off)
                .then()
                .statusCode(200)
                .body("webhook.status", equalTo("DISABLED"));
        alias("silent");
        var on = aliasHook();

        alias("heard");

        awaitCalls(1);
        Awaitility.await().until(() -> state(on).equals("done 1"));
        assertThat(receiver.calls).hasSize(1);
        assertThat(body(0).path("data").path("alias").asText()).isEqualTo("heard");
    }

    @Test
    void keeps_its_secret_to_itself_and_for_its_host() {
        var id = aliasHook();

        for (var address :
                List.of(ALL + "/" + id, ALL, "/webhooks", "/webhooks/" + id, "/admin/audit")) {
            admin().get(address).then().statusCode(200).body(not(containsString("keep this")));
        }
        assertThat(webhooks.signed(webhooks.find(UUID.fromString(id)).orElseThrow())).isTrue();
        assertThat(
                        new String(
                                sql.one(
                                        "select closed from kept_secret where name = ?",
                                        row -> row.getBytes(1),
                                        "mlflow-webhook/" + id),
                                StandardCharsets.ISO_8859_1))
                .doesNotContain("keep this");
        admin().contentType("application/json")
                .body(Map.of("url", "https://93.184.216.34/hook", "status", "DISABLED"))
                .patch(ALL + "/" + id)
                .then()
                .statusCode(200);
        assertThat(webhooks.signed(webhooks.find(UUID.fromString(id)).orElseThrow())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://169.254.169.254/latest",
                "https://10.0.0.1/",
                "http://93.184.216.34/",
                "https://[::1]/",
                "https://0x7f.1/",
                "https://user:secret@93.184.216.34/",
                "file:///etc/passwd",
                "ftp://93.184.216.34/",
                "nonsense",
                ""
            })
    void calls_no_address_that_leads_inside(String url) {
        var wish = wish(List.of(event("MODEL_VERSION", "CREATED")));
        wish.put("url", url);

        admin().contentType("application/json")
                .body(wish)
                .post(ALL)
                .then()
                .statusCode(400)
                .body("error_code", equalTo("INVALID_PARAMETER_VALUE"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"name\":\"n\"}",
                "{\"name\":\"n\",\"url\":\"https://93.184.216.34/\"}",
                "{\"name\":\"n\",\"url\":\"https://93.184.216.34/\",\"events\":[]}",
                "{\"name\":\"n\",\"url\":\"https://93.184.216.34/\",\"events\":[{\"entity\":\"PROMPT\",\"action\":\"CREATED\"}]}",
                "{\"name\":\"n\",\"url\":\"https://93.184.216.34/\",\"events\":[{\"entity\":\"MODEL_VERSION\",\"action\":\"SET\"}]}",
                "{\"name\":\"n\",\"url\":\"https://93.184.216.34/\",\"events\":7,\"status\":\"ON\"}",
                "{\"name\":\"<svg>\",\"url\":\"https://93.184.216.34/\",\"events\":[{\"entity\":\"MODEL_VERSION\",\"action\":\"CREATED\"}]}",
                "[]",
                "nonsense"
            })
    void is_not_made_of_nonsense(String body) {
        admin().contentType("application/json")
                .body(body)
                .post(ALL)
                .then()
                .statusCode(400)
                .body("error_code", equalTo("INVALID_PARAMETER_VALUE"));
    }

    @Test
    void that_is_not_there_is_said_in_mlflows_form() {
        for (var id : List.of("nonsense", UUID.randomUUID().toString())) {
            admin().get(ALL + "/" + id)
                    .then()
                    .statusCode(404)
                    .body("error_code", equalTo("RESOURCE_DOES_NOT_EXIST"));
        }
    }

    @Test
    void is_made_tried_out_changed_and_deleted_by_forms() {
        var made =
                admin().accept("text/html")
                        .formParam("name", "by-form")
                        .formParam("url", receiver.address())
                        .formParam("secret", SECRET)
                        .formParam("event", "model_version.created")
                        .post("/webhooks")
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var page = URI.create(made).getPath();

        admin().accept("text/html")
                .post(page + "/trial")
                .then()
                .statusCode(200)
                .body(containsString("The example arrived."));
        assertThat(body(0).path("data").path("name").asText()).isEqualTo("example_model");
        admin().accept("text/html")
                .formParam("url", "http://127.0.0.2:1/")
                .formParam("event", "model_version.created")
                .post(page)
                .then()
                .statusCode(422)
                .body(containsString("cannot be called"));
        admin().accept("text/html")
                .formParam("url", receiver.address())
                .formParam("event", "model_version_alias.deleted")
                .post(page)
                .then()
                .statusCode(303);
        var changed = Jsoup.parse(admin().accept("text/html").get(page).asString());
        assertThat(changed.select("input[name=event][checked]").eachAttr("value"))
                .containsExactly("model_version_alias.deleted");
        assertThat(changed.select("h1").text()).isEqualTo("by-form is switched off");
        admin().accept("text/html").post(page + "/removal").then().statusCode(303);
        admin().accept("text/html").get(page).then().statusCode(404);
    }

    @Test
    void is_set_by_mlflows_own_client_which_verifies_what_it_is_sent() throws Exception {
        Installed.require(PythonClients.found(), "python3 with venv is not installed");
        var python = PythonClients.environment("mlflow-skinny-3", "mlflow-skinny==3.17.2");
        var script = Path.of("src/test/clients/mlflow-webhooks.py").toAbsolutePath().toString();
        var environment =
                Map.of(
                        "MLFLOW_TRACKING_URI",
                        portal.toString().replaceAll("/$", ""),
                        "MLFLOW_TRACKING_TOKEN",
                        Administrator.TOKEN,
                        "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
                        "0");

        var said =
                PythonClients.run(
                        environment,
                        folder,
                        120,
                        python.toString(),
                        script,
                        "set",
                        receiver.address());

        assertThat(said).endsWith("ok\n");
        var call = receiver.calls.getFirst();
        var file = Files.writeString(folder.resolve("body"), call.body());
        assertThat(
                        PythonClients.run(
                                environment,
                                folder,
                                120,
                                python.toString(),
                                script,
                                "verify",
                                "a secret of Python's",
                                call.headers().get("X-MLflow-Delivery-Id"),
                                call.headers().get("X-MLflow-Timestamp"),
                                call.headers().get("X-MLflow-Signature"),
                                file.toString()))
                .endsWith("ok\n");
    }
}
