package dev.atelier.notifications;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.identity.AccessTokens;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import dev.atelier.serving.Models;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("People hear")
class NewsSourcesTest {

    @Inject Notifications notifications;
    @Inject Stars stars;
    @Inject Reminders reminders;
    @Inject AccessTokens tokens;
    @Inject Accounts accounts;
    @Inject Sql sql;

    private List<Notifications.Note> notes(Person person, Topic topic) {
        return notifications
                .list(person.subject(), new Notifications.Question(false, topic, null))
                .notes();
    }

    private List<String> texts(Person person, Topic topic) {
        return notes(person, topic).stream().map(Notifications.Note::text).toList();
    }

    private static void register(Person person, String model, byte[] onnx) {
        person.asks()
                .multiPart("file", "model.onnx", onnx)
                .multiPart("card", "# A card")
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(
                        org.hamcrest.Matchers.anyOf(
                                org.hamcrest.Matchers.is(201), org.hamcrest.Matchers.is(202)));
    }

    @Test
    void that_their_version_is_ready_or_was_refused() {
        var ines = Person.named("ines").with("platform-admin");
        var model = "news-" + ines.name();

        register(ines, model, Models.perceptron());
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(notes(ines, Topic.VERSION))
                                        .singleElement()
                                        .satisfies(
                                                note -> {
                                                    assertThat(note.text())
                                                            .isEqualTo(
                                                                    "Version 1 of %s is ready"
                                                                            .formatted(model));
                                                    assertThat(note.reason())
                                                            .isEqualTo("you registered it");
                                                    assertThat(note.address())
                                                            .isEqualTo(
                                                                    "/models/%s/versions/1"
                                                                            .formatted(model));
                                                }));

        register(ines, model, "not a model".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(texts(ines, Topic.VERSION).getFirst())
                                        .startsWith(
                                                "Version 2 of %s was refused: ".formatted(model)));
    }

    @Test
    void that_an_alias_of_what_they_follow_moved_unless_they_moved_it() {
        var ines = Person.named("ines").with("platform-admin");
        var bo = Person.named("bo");
        var model = "news-" + ines.name();
        register(ines, model, Models.perceptron());
        Awaitility.await().until(() -> !notes(ines, Topic.VERSION).isEmpty());
        stars.give(bo.subject(), "model:default/" + model);
        stars.give(ines.subject(), "model:default/" + model);

        ines.asks()
                .contentType("application/json")
                .body("{\"version\": 1}")
                .put("/api/v1/models/{name}/aliases/champion", model)
                .then()
                .statusCode(org.hamcrest.Matchers.lessThan(300));

        assertThat(notes(bo, Topic.ALIAS))
                .singleElement()
                .satisfies(
                        note -> {
                            assertThat(note.text())
                                    .isEqualTo(
                                            "Version 1 of %s is its champion now".formatted(model));
                            assertThat(note.reason()).isEqualTo("you starred it");
                        });
        assertThat(notes(ines, Topic.ALIAS)).isEmpty();
    }

    @Test
    void which_role_they_were_given_and_lost() {
        var ines = Person.named("ines").with("viewer");
        assertThat(texts(ines, Topic.ROLE)).containsExactly("You have the role Viewer now");

        var id =
                sql.one(
                        "select id from role_assignment where holder = ?",
                        row -> row.getLong(1),
                        ines.ref());
        given().redirects()
                .follow(false)
                .post("/admin/people/roles/{id}/withdrawal", id)
                .then()
                .statusCode(303);

        assertThat(texts(ines, Topic.ROLE))
                .containsExactly(
                        "You do not have the role Viewer any more", "You have the role Viewer now");
    }

    @Test
    void that_a_token_ends_in_a_week_and_again_in_a_day_and_never_twice() {
        var ines = Person.named("ines");
        var account = accounts.get(ines.name());
        var id =
                tokens.issue(account, "laptop", null, Duration.ofDays(30), Audit.SYSTEM)
                        .token()
                        .id();
        tokens.issue(account, "short", null, Duration.ofDays(7), Audit.SYSTEM);

        reminders.remind();
        assertThat(notes(ines, Topic.TOKEN)).isEmpty();

        move(id, "6 days");
        reminders.remind();
        reminders.remind();
        assertThat(notes(ines, Topic.TOKEN))
                .singleElement()
                .satisfies(
                        note -> {
                            assertThat(note.text()).startsWith("The access token laptop ends on ");
                            assertThat(note.times()).isEqualTo(1);
                        });

        move(id, "20 hours");
        reminders.remind();
        reminders.remind();
        assertThat(notes(ines, Topic.TOKEN)).hasSize(2);
    }

    private void move(long token, String left) {
        sql.update(
                """
                update access_token set created_at = clock_timestamp() - interval '60 days',
                    expires_at = clock_timestamp() + ?::interval
                where id = ?
                """,
                left,
                token);
    }

    @Test
    void of_the_ends_of_tokens_of_services_they_answer_for() {
        var ines = Person.named("ines");
        var robot =
                accounts.create(
                        "ci-" + ines.name(),
                        dev.atelier.identity.Account.Kind.SERVICE,
                        null,
                        ines.ref(),
                        Audit.SYSTEM);
        move(
                tokens.issue(robot, "deploy", null, Duration.ofDays(90), Audit.SYSTEM).token().id(),
                "3 days");

        reminders.remind();

        assertThat(texts(ines, Topic.TOKEN))
                .singleElement()
                .asString()
                .startsWith("The access token deploy of ci-" + ines.name() + " ends on ");
    }
}
