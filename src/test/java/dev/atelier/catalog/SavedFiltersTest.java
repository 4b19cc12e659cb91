package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A saved filter")
class SavedFiltersTest {

    private static final String HOSTILE = "\"><svg onload=x>'{7*7}";

    @Inject Accounts accounts;
    @Inject SavedFilters filters;
    @Inject Sql sql;

    private static ValidatableResponse save(Person person, String name, String team, String query) {
        return person.asks()
                .accept("text/html")
                .formParam("name", name)
                .formParam("team", team)
                .formParam("query", query)
                .post("/catalog/filters")
                .then();
    }

    private Person member(String name, String team) {
        var person = Person.named(name).with("viewer");
        accounts.setMember(person.name(), team, true, Audit.SYSTEM);
        return person;
    }

    private SavedFilters.Saved only(Person person) {
        assertThat(filters.of(person.subject())).hasSize(1);
        return filters.of(person.subject()).getFirst();
    }

    @Test
    void stands_above_the_list_and_opens_by_its_address() {
        var ines = Person.named("ines").with("viewer");

        save(ines, "Needs  review ", "", "kind=Model&tag=new%20one&starred=true&after=x&evil=1")
                .statusCode(303)
                .header("Location", endsWith("/catalog?kind=Model&tag=new+one&starred=true"));

        var saved = only(ines);
        assertThat(saved.name()).isEqualTo("Needs review");
        var page = Jsoup.parse(ines.asks().accept("text/html").get("/catalog").asString());
        assertThat(page.select("nav.segmented a[href='" + saved.address() + "']").text())
                .isEqualTo("Needs review");
        ines.asks()
                .get("/catalog/filters/{id}", saved.id())
                .then()
                .statusCode(303)
                .header("Location", endsWith(saved.address()));
    }

    @Test
    void is_its_owners_alone_unless_shared() {
        var ines = Person.named("ines").with("viewer");
        var bo = Person.named("bo").with("viewer");
        save(ines, "Mine", "", "kind=Model").statusCode(303);
        var id = only(ines).id();

        assertThat(filters.of(bo.subject())).isEmpty();
        bo.asks().get("/catalog/filters/{id}", id).then().statusCode(404);
        bo.asks()
                .formParam("name", "x")
                .post("/catalog/filters/{id}/name", id)
                .then()
                .statusCode(404);
        bo.asks().post("/catalog/filters/{id}/removal", id).then().statusCode(404);
        assertThat(only(ines).name()).isEqualTo("Mine");
    }

    @Test
    void of_a_team_is_every_members_to_use_and_change_and_the_audit_log_says_who() {
        var team = "group:default/" + Person.named("t").name();
        var ines = member("ines", team);
        var bo = member("bo", team);
        save(ines, "Ours", team, "kind=Model").statusCode(303);
        var id = only(bo).id();

        bo.asks()
                .formParam("name", "All of ours")
                .post("/catalog/filters/{id}/name", id)
                .then()
                .statusCode(303);
        assertThat(only(ines).name()).isEqualTo("All of ours");
        bo.asks().post("/catalog/filters/{id}/removal", id).then().statusCode(303);

        assertThat(filters.of(ines.subject())).isEmpty();
        assertThat(
                        sql.list(
                                "select actor || ' ' || action from audit_event where resource = ? and action like 'catalog-filter.%' order by id",
                                row -> row.getString(1), team))
                .containsExactly(
                        ines.ref() + " catalog-filter.save",
                        bo.ref() + " catalog-filter.rename",
                        bo.ref() + " catalog-filter.remove");
    }

    @Test
    void is_shared_with_ones_own_team_only() {
        var ines = Person.named("ines").with("viewer");

        save(ines, "Theirs", "group:default/vision", "kind=Model")
                .statusCode(422)
                .body(containsString("You are not in that team."));

        assertThat(filters.of(ines.subject())).isEmpty();
    }

    @Test
    void has_a_name_of_its_own_whatever_its_case() {
        var ines = Person.named("ines").with("viewer");
        save(ines, "Models", "", "kind=Model").statusCode(303);
        save(ines, "Data", "", "kind=Dataset").statusCode(303);

        save(ines, "models", "", "kind=API")
                .statusCode(422)
                .body(containsString("already. Choose another name."));
        var data =
                filters.of(ines.subject()).stream()
                        .filter(f -> f.name().equals("Data"))
                        .findFirst()
                        .orElseThrow();
        ines.asks()
                .accept("text/html")
                .formParam("name", "MODELS")
                .post("/catalog/filters/{id}/name", data.id())
                .then()
                .statusCode(422)
                .body(containsString("already. Choose another name."));
        assertThat(filters.of(ines.subject())).hasSize(2);
    }

    @Test
    void saved_in_two_windows_at_once_is_saved_once() throws Exception {
        var ines = Person.named("ines").with("viewer");
        var codes = new ArrayList<Future<Integer>>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 6; i++) {
                codes.add(
                        pool.submit(
                                () ->
                                        save(ines, "Twice", "", "kind=Model")
                                                .extract()
                                                .statusCode()));
            }
        }
        var saved = 0;
        for (var code : codes) {
            saved += code.get() == 303 ? 1 : 0;
        }

        assertThat(saved).isEqualTo(1);
        only(ines);
    }

    @Test
    void is_one_of_fifty_with_a_name_and_a_question_of_bounded_length() {
        var ines = Person.named("ines").with("viewer");
        save(ines, " ", "", "kind=Model").statusCode(422).body(containsString("needs a name"));
        save(ines, "x".repeat(61), "", "kind=Model").statusCode(422);
        save(ines, "Everything", "", "").statusCode(422).body(containsString("whole catalog"));
        save(ines, "Long", "", "q=" + "x".repeat(201)).statusCode(400);
        save(ines, "Many", "", "tag=x&".repeat(101)).statusCode(400);
        sql.update(
                """
                insert into catalog_saved_filter (account, name, query)
                select ?, 'Filter ' || i, 'kind=Model' from generate_series(1, 50) i
                """,
                ines.name());

        save(ines, "One more", "", "kind=Model")
                .statusCode(422)
                .body(containsString("Remove one first"));
    }

    @Test
    void shows_hostile_names_and_questions_as_text() {
        var ines = Person.named("ines").with("viewer");
        var query =
                "q=" + java.net.URLEncoder.encode(HOSTILE, java.nio.charset.StandardCharsets.UTF_8);
        save(ines, HOSTILE, "", query).statusCode(303);

        for (var address : java.util.List.of("/catalog", "/catalog/filters?" + query)) {
            var body =
                    ines.asks()
                            .urlEncodingEnabled(false)
                            .accept("text/html")
                            .get(address)
                            .then()
                            .statusCode(200)
                            .body(not(containsString("<svg onload")))
                            .extract()
                            .asString();
            assertThat(Jsoup.parse(body).text()).contains(HOSTILE);
        }
    }
}
