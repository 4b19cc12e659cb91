package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A golden path that needs an approval")
class ApprovalsTest {

    @Inject Tasks tasks;
    @Inject TaskLog log;
    @Inject TaskLeases leases;
    @Inject Approvals approvals;
    @Inject Sql sql;

    private Person starter;
    private Person approver;

    /** A team of the test's own, written as ml-platform in its templates. */
    private String team;

    @BeforeEach
    void somebody_who_starts_and_somebody_who_approves() {
        team = "group:default/team-" + UUID.randomUUID().toString().substring(0, 8);
        starter = Person.named("starter").with("developer");
        approver = Person.named("approver").with("developer").in(team);
    }

    private UUID start(String spec, Map<String, ?> values) {
        return UUID.fromString(
                starter.asks()
                        .contentType("application/json")
                        .body(
                                Map.of(
                                        "templateRef",
                                        Paths.publish(
                                                        spec.replace(
                                                                "group:default/ml-platform", team))
                                                .toString(),
                                        "values",
                                        values))
                        .post("/api/scaffolder/v2/tasks")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id"));
    }

    private UUID asking(String approval) {
        return start(
                """
                parameters:
                  - title: First
                    properties:
                      gpus: {type: integer}
                      owner: {type: string}
                steps:
                  - {id: first, action: debug:log, input: {message: before}}
                  - id: second
                    name: Take the graphics cards
                    action: debug:log
                    input: {message: after}
                    approval: %s
                  - {id: third, if: "${{ always() }}", action: debug:log, input: {message: at the end}}
                """
                        .formatted(approval),
                Map.of("gpus", 4, "owner", team));
    }

    private Approval asked(UUID id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> approvals.of(id).stream().filter(Approval::open).findFirst(),
                        java.util.Optional::isPresent)
                .orElseThrow();
    }

    private Task ended(UUID id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> tasks.find(id).orElseThrow(), task -> task.state().ended());
    }

    private List<String> states(UUID id) {
        return tasks.steps(id).stream().map(step -> step.state().id()).toList();
    }

    private List<String> lines(UUID id) {
        return log.after(id, 0, 1_000).stream().map(TaskEvent::message).toList();
    }

    private int answers(Person who, UUID id, String what, String reason) {
        return who.asks()
                .contentType("application/json")
                .body(Map.of("reason", reason))
                .post("/api/v1/tasks/{id}/{what}", id, what)
                .statusCode();
    }

    @Test
    void waits_before_its_step_and_is_held_by_nobody() {
        var id =
                asking(
                        "{by: [group:default/ml-platform], within: 2d, shows: \"**${{ parameters.gpus }}** cards\"}");

        var approval = asked(id);

        assertThat(approval.approvers()).containsExactly(team);
        assertThat(approval.shown()).isEqualTo("**4** cards");
        assertThat(Duration.between(approval.askedAt(), approval.until()))
                .isEqualTo(Duration.ofDays(2));
        assertThat(states(id)).containsExactly("completed", "waiting", "waiting");
        var task = tasks.find(id).orElseThrow();
        assertThat(task.lease()).isNull();
        assertThat(task.state()).isEqualTo(Task.State.OPEN);
        assertThat(leases.take(100)).extracting(Task::id).doesNotContain(id);
        assertThat(lines(id)).contains("Waits for the approval of %s.".formatted(team));

        approver.asks()
                .get("/api/v1/tasks/approvals")
                .then()
                .statusCode(200)
                .body("address", hasItem("/tasks/" + id));
        starter.asks()
                .get("/api/v1/tasks/approvals")
                .then()
                .body("address", not(hasItem("/tasks/" + id)));
        assertThat(answers(approver, id, "approval", "Go on")).isEqualTo(204);

        assertThat(ended(id).state()).isEqualTo(Task.State.COMPLETED);
        assertThat(states(id)).containsExactly("completed", "completed", "completed");
        assertThat(lines(id))
                .containsSubsequence(
                        "before", "Approved by %s: Go on".formatted(approver.ref()), "after");
        assertThat(answers(approver, id, "approval", "")).isEqualTo(409);
    }

    @Test
    void shows_what_it_waits_for_and_asks_whoever_may_decide() {
        var id =
                asking(
                        "{by: %s, shows: \"Makes <script>x()</script> _it_\"}"
                                .formatted(team.substring(14)));
        asked(id);

        var page = approver.asks().accept("text/html").get("/tasks/{id}", id);
        page.then()
                .statusCode(200)
                .body(containsString("Needs approval"))
                .body(containsString("Approval before step “Take the graphics cards”"))
                .body(containsString("<em>it</em>"))
                .body(not(containsString("x()</script>")))
                .body(containsString("formaction=\"/tasks/%s/refusal\"".formatted(id)));
        starter.asks()
                .accept("text/html")
                .get("/tasks/{id}", id)
                .then()
                .statusCode(200)
                .body(not(containsString("/refusal")));
        approver.asks()
                .accept("text/html")
                .get("/")
                .then()
                .body(containsString("“Path of a test” waits for your approval"));
        approver.asks()
                .accept("text/html")
                .get("/notifications")
                .then()
                .body(containsString("“Path of a test” waits for your approval"));

        approver.asks()
                .formParam("answer", "Too many")
                .post("/tasks/{id}/refusal", id)
                .then()
                .statusCode(303);
        ended(id);
        starter.asks()
                .accept("text/html")
                .get("/tasks/{id}", id)
                .then()
                .body(containsString("Declined by"))
                .body(containsString("Too many"));
    }

    @Test
    void fails_when_it_is_declined_and_cleans_up_after_itself() {
        var id = asking("{by: [group:default/ml-platform]}");
        asked(id);

        assertThat(answers(approver, id, "refusal", " ")).isEqualTo(400);
        assertThat(answers(approver, id, "refusal", "Not this week")).isEqualTo(204);

        var task = ended(id);
        assertThat(task.state()).isEqualTo(Task.State.FAILED);
        assertThat(task.fault()).isEqualTo("%s declined: Not this week".formatted(approver.ref()));
        assertThat(task.faultStep()).isEqualTo("second");
        assertThat(states(id)).containsExactly("completed", "failed", "completed");
    }

    @Test
    void asks_again_when_it_is_tried_again() {
        var id = asking("{by: [group:default/ml-platform]}");
        asked(id);
        assertThat(answers(approver, id, "refusal", "Not this week")).isEqualTo(204);
        ended(id);

        starter.asks()
                .contentType("application/json")
                .post("/api/scaffolder/v2/tasks/{id}/retry", id)
                .then()
                .statusCode(201);

        asked(id);
        assertThat(answers(approver, id, "approval", "Now")).isEqualTo(204);
        assertThat(ended(id).state()).isEqualTo(Task.State.COMPLETED);
    }

    @Test
    void is_decided_by_nobody_but_those_it_asks() {
        var other = Person.named("other").with("developer");
        var viewer = Person.named("viewer").in(team);
        starter.in(team);
        var id = asking("{by: [group:default/ml-platform]}");
        asked(id);

        assertThat(answers(other, id, "approval", "")).isEqualTo(404);
        assertThat(answers(viewer, id, "approval", "")).isEqualTo(403);
        assertThat(answers(starter, id, "approval", "Mine")).isEqualTo(403);

        assertThat(tasks.find(id).orElseThrow().state()).isEqualTo(Task.State.OPEN);
        assertThat(asked(id).decidedBy()).isNull();
    }

    @Test
    void is_asked_of_the_owner_of_the_template_when_it_names_nobody() {
        var id = asking("true");

        assertThat(asked(id).approvers()).containsExactly("group:default/nobody");
        // Whoever runs the portal may answer for anybody.
        given().contentType("application/json")
                .body(Map.of("reason", "For them"))
                .post("/api/v1/tasks/{id}/approval", id)
                .then()
                .statusCode(204);
        assertThat(ended(id).state()).isEqualTo(Task.State.COMPLETED);
    }

    @Test
    void waits_before_anything_is_done() {
        var id =
                start(
                        """
                        approval: {by: [group:default/ml-platform]}
                        steps:
                          - {id: first, if: "${{ always() }}", action: debug:log, input: {message: before}}
                        """,
                        Map.of());
        assertThat(asked(id).position()).isEqualTo(Approval.BEFORE_ALL);

        assertThat(answers(approver, id, "refusal", "No")).isEqualTo(204);

        assertThat(ended(id).state()).isEqualTo(Task.State.FAILED);
        assertThat(states(id)).containsExactly("cancelled");
        assertThat(lines(id)).doesNotContain("before");
    }

    @Test
    void asks_only_when_its_condition_holds() {
        var id = asking("{by: [group:default/ml-platform], if: \"${{ parameters.gpus > 8 }}\"}");

        assertThat(ended(id).state()).isEqualTo(Task.State.COMPLETED);
        assertThat(approvals.of(id)).isEmpty();
    }

    @Test
    void asks_whom_the_answers_name() {
        var id = asking("{by: \"${{ parameters.owner }}\"}");

        assertThat(asked(id).approvers()).containsExactly(team);
    }

    @Test
    void fails_when_nobody_decides_in_time() {
        var id = asking("{by: [group:default/ml-platform], within: 1m}");
        asked(id);

        // As if the minute were over.
        sql.update(
                "update task_approval set until = clock_timestamp() - interval '1 s' where task = ?",
                id);
        assertThat(answers(approver, id, "approval", "Late")).isEqualTo(409);
        sql.update("update task set due_at = clock_timestamp() where id = ?", id);

        assertThat(ended(id).fault()).startsWith("Nobody approved it until ");
        assertThat(approvals.of(id))
                .extracting(Approval::state)
                .containsExactly(Approval.State.EXPIRED);
    }

    @Test
    void can_be_cancelled_while_it_waits() {
        var id = asking("{by: [group:default/ml-platform]}");
        asked(id);

        starter.asks().post("/api/scaffolder/v2/tasks/{id}/cancel", id).then().statusCode(200);

        assertThat(tasks.find(id).orElseThrow().state()).isEqualTo(Task.State.CANCELLED);
        assertThat(answers(approver, id, "approval", "")).isEqualTo(409);
        assertThat(approvals.of(id))
                .extracting(Approval::state)
                .containsExactly(Approval.State.WITHDRAWN);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '"',
            value = {
                "{by: model:default/x} # approval.by names model:default/x",
                "{by: [a b c/d/e]} # approval.by is no person or team",
                "{within: '${{ parameters.gpus }}'} # approval.within is a time such as",
                "{by: '${{ parameters.owner | nofilter }}'} # filter not found: nofilter"
            })
    void fails_its_step_when_it_cannot_be_asked(String approval, String reason) {
        var id = asking(approval);

        assertThat(ended(id).fault()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '"',
            value = {
                "{within: 3 weeks} # approval.within is a time such as 30m, 12h or 3d",
                "{within: 1000d} # at most 90 days",
                "{who: me} # has no member \"who\"",
                "yes please # neither true nor an object"
            })
    void is_refused_when_it_is_written_wrongly(String approval, String reason) {
        var document =
                Paths.document(
                        "wrong",
                        """
                        steps:
                          - {id: first, action: debug:log, approval: %s}
                        """
                                .formatted(approval));

        assertThatThrownBy(() -> Template.of(document, null))
                .isInstanceOf(Template.Wrong.class)
                .hasMessageContaining(reason);
    }
}
