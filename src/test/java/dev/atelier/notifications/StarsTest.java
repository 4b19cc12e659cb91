package dev.atelier.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.endsWith;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A star")
class StarsTest {

    private static final String TEAM = "/catalog/default/group/stars-test";
    private static final String REF = "group:default/stars-test";

    @Inject Stars stars;
    @Inject Notifications notifications;
    @Inject Entities entities;
    @Inject Sql sql;

    @BeforeEach
    void describe_a_team() {
        var team = EntityDocument.of("backstage.io/v1alpha1", "Group", "default", "stars-test");
        team.spec().put("type", "team").putArray("children");
        entities.upsert("stars-test", List.of(team));
    }

    private static Element button(Person person, String address, String ref) {
        return Jsoup.parse(
                        person.asks()
                                .accept("text/html")
                                .get(address)
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString())
                .select("button.star[value=" + ref + "]")
                .first();
    }

    private static void press(Person person, Element button) {
        person.asks()
                .header("Referer", "http://localhost" + TEAM)
                .formParam(button.attr("name"), button.attr("value"))
                .post("/stars")
                .then()
                .statusCode(303)
                .header("Location", endsWith(TEAM));
    }

    @Test
    void is_given_and_taken_on_the_page_of_the_entity() {
        var ines = Person.named("ines").with("viewer");

        var before = button(ines, TEAM, REF);
        assertThat(before.attr("aria-pressed")).isEqualTo("false");
        press(ines, before);
        assertThat(stars.of(ines.subject())).containsExactly(REF);

        var after = button(ines, TEAM, REF);
        assertThat(after.attr("aria-pressed")).isEqualTo("true");
        press(ines, after);
        assertThat(stars.of(ines.subject())).isEmpty();
    }

    @Test
    void stands_in_the_list_which_can_show_those_alone() {
        var ines = Person.named("ines").with("viewer");
        stars.give(ines.subject(), REF);

        var list = "/catalog?kind=Group&starred=true";
        var page =
                Jsoup.parse(ines.asks().accept("text/html").get(list).then().extract().asString());

        assertThat(page.select("#rows .ttl")).hasSize(1);
        assertThat(page.select("#count").text()).isEqualTo("1 group");
        assertThat(button(ines, list, REF).attr("aria-pressed")).isEqualTo("true");
        stars.take(ines.subject(), REF);
        assertThat(ines.asks().accept("text/html").get(list).asString())
                .contains("Nothing matches");
    }

    @Test
    void brings_news_of_the_thing_and_none_once_it_is_taken() {
        var ines = Person.named("ines");
        var ref = "model:default/" + ines.name();
        stars.give(ines.subject(), ref);
        tell(ref, "Version 1 is ready");
        stars.take(ines.subject(), ref);
        tell(ref, "Version 2 is ready");

        var notes =
                notifications
                        .list(ines.subject(), new Notifications.Question(false, null, null))
                        .notes();

        assertThat(notes)
                .singleElement()
                .satisfies(
                        note -> {
                            assertThat(note.text()).isEqualTo("Version 1 is ready");
                            assertThat(note.reason()).isEqualTo("you starred it");
                        });
    }

    private void tell(String ref, String text) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postBy(
                                        Audit.SYSTEM,
                                        new News(Topic.VERSION, text, ref, "/models/x"),
                                        To.starred()));
    }

    @Test
    void given_at_another_replica_is_known_here_soon() {
        var ines = Person.named("ines");
        assertThat(stars.of(ines.subject())).isEmpty();

        sql.update("insert into star (account, ref) values (?, 'model:default/x')", ines.name());
        sql.list("select pg_notify('atelier_stars', ?)", row -> 1, ines.name());

        Awaitility.await().until(() -> stars.of(ines.subject()).contains("model:default/x"));
    }

    @Test
    void is_one_of_five_hundred_at_most() {
        var ines = Person.named("ines").with("viewer");
        sql.update(
                "insert into star (account, ref) select ?, 'model:default/m' || i from generate_series(1, 500) i",
                ines.name());

        ines.asks().formParam("star", "model:default/m501").post("/stars").then().statusCode(409);
        ines.asks()
                .header("HX-Request", "true")
                .formParam("star", "model:default/m1")
                .post("/stars")
                .then()
                .statusCode(204);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model:default/\"><svg onload=x>",
                "model",
                "MODEL:default/x",
                "model:default/../x y",
                "model:default/x\nmodel:default/y"
            })
    void is_for_entity_references_only(String ref) {
        var ines = Person.named("ines").with("viewer");

        ines.asks().formParam("star", ref).post("/stars").then().statusCode(400);

        assertThat(stars.of(ines.subject())).isEmpty();
    }
}
