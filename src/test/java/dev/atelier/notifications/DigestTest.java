package dev.atelier.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Access;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import dev.atelier.identity.Presence;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = MailServer.class, restrictToAnnotatedClass = true)
@DisplayName("A digest")
class DigestTest {

    @Inject Notifications notifications;
    @Inject Digests digests;
    @Inject Presence presence;
    @Inject Courier courier;
    @Inject Access access;
    @Inject Accounts accounts;
    @Inject Sql sql;
    @Inject ObjectMapper json;

    private Receiver receiver;

    @BeforeEach
    void open_a_webhook() throws Exception {
        receiver = new Receiver();
    }

    @AfterEach
    void close_it() {
        receiver.close();
    }

    private void tell(Person person, String text) {
        tell(person, Topic.VERSION, text, "model:default/" + person.name());
    }

    private void tell(Person person, Topic topic, String text, String about) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postBy(
                                        Audit.SYSTEM,
                                        new News(topic, text, about, "/models/x/versions/3"),
                                        To.owner(person.ref())));
    }

    private static ValidatableResponse set(Person person, Map<String, String> form) {
        return person.asks().formParams(form).post("/account/notifications/digest").then();
    }

    /** The secret, as the page shows it once. */
    private byte[] webhook(Person person, String pace) {
        var page =
                Jsoup.parse(
                        set(
                                        person,
                                        Map.of(
                                                "kind",
                                                "webhook",
                                                "webhook",
                                                receiver.address(),
                                                "pace",
                                                pace))
                                .statusCode(200)
                                .extract()
                                .asString());
        var secret = page.select("#secret").text();
        assertThat(secret).startsWith("whsec_");
        return Base64.getDecoder().decode(secret.substring("whsec_".length()));
    }

    private List<String> bodies() {
        return receiver.calls.stream().map(Receiver.Call::body).toList();
    }

    @Test
    void reaches_a_webhook_signed_and_with_links() throws Exception {
        var ines = Person.named("ines");
        var secret = webhook(ines, "at-once");

        tell(ines, "Version 3 of churn is ready");

        Awaitility.await().until(() -> receiver.calls.size() == 1);
        var call = receiver.calls.getFirst();
        var content = json.readTree(call.body());
        assertThat(content.get("type").asText()).isEqualTo("atelier.digest");
        assertThat(content.get("text").asText())
                .isEqualTo("One notification from Atelier: Version 3 of churn is ready");
        assertThat(content.get("notifications").get(0).get("url").asText())
                .isEqualTo("https://atelier.example/models/x/versions/3");
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        var signed = call.id() + "." + call.headers().get("webhook-timestamp") + "." + call.body();
        assertThat(call.headers().get("webhook-signature"))
                .isEqualTo(
                        "v1,"
                                + Base64.getEncoder()
                                        .encodeToString(
                                                mac.doFinal(
                                                        signed.getBytes(StandardCharsets.UTF_8))));
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(digests.of(ines.name()).orElseThrow().result())
                                        .isEqualTo("It took 1 and answered 200."));
    }

    @Test
    void keeps_its_secret_encrypted() {
        var ines = Person.named("ines");
        var secret = webhook(ines, "daily");

        var closed =
                sql.one(
                        "select closed from kept_secret where name = ?",
                        row -> row.getBytes(1),
                        "digest webhook of " + ines.name());

        assertThat(new String(closed, StandardCharsets.ISO_8859_1))
                .doesNotContain(new String(secret, StandardCharsets.ISO_8859_1));
        ines.asks()
                .get("/account/notifications")
                .then()
                .body(not(containsString("whsec_")))
                .body(containsString(receiver.address()));
    }

    @Test
    void is_tried_again_under_the_same_id_until_it_arrives() {
        var ines = Person.named("ines");
        receiver.status = 503;
        webhook(ines, "at-once");
        tell(ines, "Version 3 is ready");
        Awaitility.await()
                .until(
                        () ->
                                "It answered 503. It is tried again in about 30 seconds."
                                        .equals(digests.of(ines.name()).orElseThrow().result()));

        receiver.status = 200;
        sql.update(
                "update digest_delivery set due_at = clock_timestamp() where account = ?",
                ines.name());

        Awaitility.await().until(() -> digests.of(ines.name()).orElseThrow().ok());
        assertThat(receiver.calls.stream().map(Receiver.Call::id).distinct()).hasSize(1);
        assertThat(receiver.calls).hasSize(2);
    }

    @Test
    void is_given_up_after_eight_tries_and_says_so() {
        var ines = Person.named("ines");
        receiver.status = 500;
        webhook(ines, "at-once");
        tell(ines, "Version 3 is ready");
        Awaitility.await().until(() -> !receiver.calls.isEmpty());

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> {
                            sql.update(
                                    """
                                    update digest_delivery set due_at = clock_timestamp()
                                    where account = ?
                                    """,
                                    ines.name());
                            return String.valueOf(digests.of(ines.name()).orElseThrow().result())
                                    .equals("Given up after 8 tries. It answered 500.");
                        });
        assertThat(receiver.calls).hasSize(8);
        assertThat(notifications.unread(ines.subject())).isEqualTo(1);
    }

    @Test
    void does_not_follow_a_redirect() {
        var ines = Person.named("ines");
        receiver.status = 302;
        webhook(ines, "at-once");
        tell(ines, "Version 3 is ready");

        Awaitility.await()
                .until(
                        () ->
                                String.valueOf(digests.of(ines.name()).orElseThrow().result())
                                        .startsWith("It answered 302, a redirect."));
        assertThat(receiver.calls).hasSize(1);
    }

    @Test
    void is_sent_by_one_of_several_replicas() throws Exception {
        var people = new ArrayList<Person>();
        for (int i = 0; i < 5; i++) {
            people.add(Person.named("many"));
            webhook(people.getLast(), "at-once");
        }
        var replicas = new ArrayList<Outbox>();
        for (int i = 0; i < 4; i++) {
            replicas.add(
                    new Outbox(digests, notifications, presence, courier, Duration.ofSeconds(1)));
        }
        people.forEach(person -> tell(person, "Version 3 is ready"));

        try (var pool = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 5; round++) {
                for (var replica : replicas) {
                    pool.execute(replica::sendDue);
                }
            }
        }

        Awaitility.await()
                .until(
                        () ->
                                people.stream()
                                        .allMatch(
                                                person ->
                                                        digests.of(person.name())
                                                                        .orElseThrow()
                                                                        .triedAt()
                                                                != null));
        assertThat(bodies()).hasSize(5).doesNotHaveDuplicates();
    }

    @Test
    void that_died_with_its_replica_is_sent_again_under_the_same_id() {
        var ines = Person.named("ines");
        webhook(ines, "at-once");
        var id = java.util.UUID.randomUUID();
        tell(ines, "Version 3 is ready");
        Awaitility.await().until(() -> receiver.calls.size() == 1);

        // Another one that some replica took, sent, and did not live to write down.
        sql.update(
                """
                insert into digest_delivery (id, account, notes, epoch, leased_until)
                select ?, account, array[id], 1, clock_timestamp() - interval '1 second'
                from notification where account = ?
                """,
                id,
                ines.name());

        Awaitility.await().until(() -> receiver.calls.size() == 2);
        assertThat(receiver.calls.getLast().id()).isEqualTo(id.toString());
        Awaitility.await()
                .until(
                        () ->
                                sql.list(
                                                "select 1 from digest_delivery where account = ?",
                                                row -> 1,
                                                ines.name())
                                        .isEmpty());
    }

    @Test
    void holds_nothing_that_its_reader_may_not_see_and_nothing_read_or_unwanted() throws Exception {
        var ines = Person.named("ines");
        notifications.choose(ines.subject(), Map.of(Topic.ALIAS, Delivery.BELL));
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by)
                values (?, 'restricted', 'test')
                """,
                "model:default/secret-" + ines.name());
        // What is reserved is kept for a second.
        var secret = List.of("model:default/secret-" + ines.name());
        Awaitility.await().until(() -> !access.hidden(ines.subject(), secret).isEmpty());
        tell(ines, Topic.VERSION, "Read already", "model:default/x");
        notifications.markAllRead(ines.subject(), null);
        tell(ines, Topic.VERSION, "A secret", "model:default/secret-" + ines.name());
        tell(ines, Topic.ALIAS, "For the bell only", "model:default/x");
        tell(ines, Topic.ROLE, "You are a viewer now", "model:default/x");

        webhook(ines, "at-once");

        Awaitility.await().until(() -> receiver.calls.size() == 1);
        var content = json.readTree(receiver.calls.getFirst().body());
        assertThat(content.get("count").asInt()).isEqualTo(1);
        assertThat(content.get("notifications").get(0).get("text").asText())
                .isEqualTo("You are a viewer now");
    }

    @Test
    void of_the_morning_holds_what_came_until_then() throws Exception {
        var ines = Person.named("ines");
        webhook(ines, "daily");
        tell(ines, "Version 1 is ready");
        Awaitility.await().until(() -> receiver.calls.size() == 1);
        tell(ines, "Version 2 is ready");
        tell(ines, "Version 3 is ready");
        assertThat(
                        sql.<Boolean>one(
                                """
                                select due_at > clock_timestamp() and due_at < clock_timestamp() + interval '31 hours'
                                from digest_channel where account = ?
                                """,
                                row -> row.getBoolean(1),
                                ines.name()))
                .isTrue();

        sql.update(
                "update digest_channel set due_at = clock_timestamp() where account = ?",
                ines.name());

        Awaitility.await().until(() -> receiver.calls.size() == 2);
        assertThat(json.readTree(receiver.calls.getLast().body()).get("count").asInt())
                .isEqualTo(2);
    }

    @Test
    void is_not_sent_to_somebody_shut_out() {
        var ines = Person.named("ines");
        webhook(ines, "at-once");
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            notifications.postBy(
                                    Audit.SYSTEM,
                                    new News(Topic.ROLE, "Late", "model:default/x", "/"),
                                    To.owner(ines.ref()));
                            accounts.disable(ines.name(), true, Audit.SYSTEM);
                        });

        Awaitility.await()
                .until(
                        () ->
                                "There was nobody to send it to."
                                        .equals(digests.of(ines.name()).orElseThrow().result()));
        assertThat(receiver.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://169.254.169.254/latest/meta-data",
                "http://10.0.0.1/hook",
                "http://localhost/hook",
                "file:///etc/passwd",
                "https://user@chat.example/",
                "not an address"
            })
    void goes_to_no_address_inside_the_network(String address) {
        refuses("webhook", address).body(containsString("The webhook cannot be called."));
    }

    private ValidatableResponse refuses(String kind, String address) {
        var ines = Person.named("ines");

        var answer = set(ines, Map.of("kind", kind, kind, address, "pace", "daily"));

        assertThat(digests.of(ines.name())).isEmpty();
        return answer.statusCode(422);
    }

    @Test
    void can_be_tested_and_the_result_is_true() {
        var ines = Person.named("ines");
        webhook(ines, "daily");

        ines.asks()
                .post("/account/notifications/digest/test")
                .then()
                .statusCode(200)
                .body(containsString("The test arrived: it answered 200 after"));
        assertThat(bodies()).singleElement().asString().contains("atelier.test");
        ines.asks().post("/account/notifications/digest/test").then().statusCode(422);

        receiver.close();
        sql.update("update digest_channel set mailed_at = null where account = ?", ines.name());
        ines.asks()
                .post("/account/notifications/digest/test")
                .then()
                .statusCode(200)
                .body(containsString("The test did not arrive."));
    }

    private static List<MimeMessage> inbox(String address) {
        return Arrays.stream(MailServer.INBOXES.getReceivedMessages())
                .filter(
                        mail -> {
                            try {
                                return mail.getAllRecipients()[0].toString().equals(address);
                            } catch (jakarta.mail.MessagingException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                .toList();
    }

    private static String text(MimeMessage mail) {
        try {
            return String.valueOf(mail.getContent()).replace("\r\n", "\n");
        } catch (java.io.IOException | jakarta.mail.MessagingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void reaches_an_e_mail_address_that_its_owner_confirmed_and_nothing_before() throws Exception {
        var ines = Person.named("ines");
        var address = ines.name() + "@example.org";
        set(ines, Map.of("kind", "email", "email", address, "pace", "at-once")).statusCode(303);
        tell(ines, "Version 3 of churn is ready");
        Awaitility.await().until(() -> inbox(address).size() == 1);
        var mail = text(inbox(address).getFirst());
        var code = mail.replaceAll("(?s).*confirms it: (\\d{8}).*", "$1");

        ines.asks()
                .formParam("code", code.equals("00000000") ? "00000001" : "00000000")
                .post("/account/notifications/digest/code")
                .then()
                .statusCode(422);
        new Outbox(digests, notifications, presence, courier, Duration.ofSeconds(1)).sendDue();
        assertThat(inbox(address)).hasSize(1);
        ines.asks()
                .formParam("code", code)
                .post("/account/notifications/digest/code")
                .then()
                .statusCode(303);

        Awaitility.await().until(() -> inbox(address).size() == 2);
        var digest = inbox(address).getLast();
        assertThat(digest.getSubject()).isEqualTo("One notification from Atelier");
        assertThat(digest.getHeader("X-Atelier-Delivery")).hasSize(1);
        assertThat(text(digest))
                .contains("Version 3 of churn is ready")
                .contains("https://atelier.example/models/x/versions/3")
                .contains("because you own it")
                .contains("https://atelier.example/account/notifications");
    }

    @Test
    void s_code_can_be_guessed_five_times_only() throws Exception {
        var ines = Person.named("ines");
        var address = ines.name() + "@example.org";
        set(ines, Map.of("kind", "email", "email", address, "pace", "daily")).statusCode(303);
        Awaitility.await().until(() -> inbox(address).size() == 1);
        var code =
                text(inbox(address).getFirst()).replaceAll("(?s).*confirms it: (\\d{8}).*", "$1");
        for (int i = 0; i < 5; i++) {
            ines.asks()
                    .formParam("code", "x" + i)
                    .post("/account/notifications/digest/code")
                    .then()
                    .statusCode(422);
        }

        ines.asks()
                .formParam("code", code)
                .post("/account/notifications/digest/code")
                .then()
                .statusCode(422)
                .body(containsString("cannot be tried any more"));
        set(ines, Map.of("kind", "email", "email", "other@example.org", "pace", "daily"))
                .statusCode(422)
                .body(containsString("just now"));
        assertThat(digests.of(ines.name()).orElseThrow().confirmed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ines",
                "ines@example",
                "a@b.org, c@d.org",
                "a@b.org\r\nBcc: c@d.org",
                "<ines@example.org>",
                "\"><svg onload=x>@example.org"
            })
    void goes_to_one_proper_address_only(String address) {
        refuses("email", address)
                .body(containsString("not an e-mail address"))
                .body(not(containsString("<svg onload")));
    }

    @Test
    void s_topics_are_chosen_on_the_page() {
        var ines = Person.named("ines");

        ines.asks()
                .formParam("version", "bell")
                .formParam("alias", "nothing")
                .formParam("role", "no such choice")
                .post("/account/notifications/topics")
                .then()
                .statusCode(303);

        assertThat(notifications.settings(ines.subject()))
                .isEqualTo(Map.of(Topic.VERSION, Delivery.BELL, Topic.ALIAS, Delivery.NOTHING));
        var page = Jsoup.parse(ines.asks().get("/account/notifications").asString());
        assertThat(page.select("select[name=version] option[selected]").attr("value"))
                .isEqualTo("bell");
        assertThat(page.select("select[name=role] option[selected]").attr("value"))
                .isEqualTo("digest");
    }

    @Test
    void can_be_stopped_and_its_secret_goes_with_it() {
        var ines = Person.named("ines");
        webhook(ines, "daily");

        ines.asks().post("/account/notifications/digest/removal").then().statusCode(303);

        assertThat(digests.of(ines.name())).isEmpty();
        assertThat(digests.secret(ines.name())).isEmpty();
    }
}
