package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Statements;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayName("Administration of 5,000 people")
class PeopleTest {

    @Inject Sql sql;
    @Inject AgroalDataSource database;

    @BeforeAll
    void let_them_come() {
        sql.update(
                """
                insert into account (name, kind, display_name, email, created_by)
                select 'crowd-' || lpad(n::text, 4, '0'), 'person', 'Crowd ' || n,
                       'c' || n || '@crowd.example', 'system:test'
                from generate_series(1, 5000) n
                """);
        sql.update(
                """
                insert into team_member (account, team, source)
                select name, 'group:default/crowd', 'local' from account where name like 'crowd-%'
                """);
        sql.update(
                """
                insert into role_assignment (holder, role, source, granted_by)
                values ('group:default/crowd', 'ml-engineer', 'local', 'system:test')
                """);
    }

    @AfterAll
    void let_them_go() {
        sql.update("delete from role_assignment where holder = 'group:default/crowd'");
        sql.update("delete from account where name like 'crowd-%'");
    }

    private static Response ask(String page, Map<String, ?> query) {
        return given().queryParams(query).redirects().follow(false).get(page);
    }

    private static Document people(Map<String, ?> query) {
        return Jsoup.parse(ask("/admin/people", query).then().statusCode(200).extract().asString());
    }

    private static List<String> names(Document page) {
        return new ArrayList<>(page.select("section[id] header .mono").eachText());
    }

    @Test
    void turns_pages() {
        var first = people(Map.of("q", "crowd-"));
        var second =
                Jsoup.parse(
                        given().urlEncodingEnabled(false)
                                .get(first.select("nav a:contains(After)").attr("href"))
                                .asString());

        assertThat(names(first)).hasSize(50).startsWith("user:default/crowd-0001");
        assertThat(first.text()).contains("1 to 50 of 5000");
        assertThat(names(second)).hasSize(50).startsWith("user:default/crowd-0051");
        assertThat(names(people(Map.of("q", "crowd-", "page", 100)))).hasSize(50);
        assertThat(names(people(Map.of("q", "crowd-", "page", 4711)))).hasSize(50);
        assertThat(first.select("nav a:contains(Before)")).isEmpty();
    }

    @Test
    void finds_by_name_display_name_and_address_and_takes_no_letter_for_a_pattern() {
        assertThat(names(people(Map.of("q", "CROWD-4711"))))
                .containsExactly("user:default/crowd-4711");
        assertThat(names(people(Map.of("q", "crowd 4711"))))
                .containsExactly("user:default/crowd-4711");
        assertThat(names(people(Map.of("q", "c4711@crowd"))))
                .containsExactly("user:default/crowd-4711");
        assertThat(names(people(Map.of("q", "crowd%4711")))).isEmpty();
        assertThat(names(people(Map.of("q", "crowd_4711")))).isEmpty();
        assertThat(people(Map.of("q", "\"><svg onload=x>' or 1=1 --")).text())
                .contains("Nobody is called that.");
    }

    @Test
    void asks_as_often_for_fifty_as_for_one() {
        Statements.watch(database);
        people(Map.of());

        var one = Statements.of(() -> people(Map.of("q", "crowd-0001")));
        var fifty = Statements.of(() -> people(Map.of("q", "crowd-")));

        // Who asks is looked up now and then in between.
        assertThat(drawing(fifty)).isEqualTo(drawing(one)).isNotEmpty();
        assertThat(fifty).hasSizeLessThanOrEqualTo(12);
    }

    private static List<String> drawing(List<String> statements) {
        return statements.stream()
                .filter(sql -> !sql.matches(".*from (access_token|role_permission).*"))
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void says_how_many_may_and_names_the_first() {
        Statements.watch(database);
        var question = Map.of("what", "operations:read");
        ask("/admin/access/answer", question);

        var pages = new ArrayList<Document>();
        var asked =
                Statements.of(
                        () ->
                                pages.add(
                                        Jsoup.parse(
                                                ask("/admin/access/answer", question).asString())));

        assertThat(asked).hasSizeBetween(1, 12);
        assertThat(pages.getFirst().select("li")).hasSize(50);
        assertThat(pages.getFirst().text())
                .containsPattern("5,\\d{3} may see how the portal runs:")
                .containsPattern("And 4\\d{3} more\\.|And 5\\d{3} more\\.");
    }

    @Test
    void goes_back_to_the_page_where_somebody_stands() {
        var answer =
                given().redirects()
                        .follow(false)
                        .formParam("role", "viewer")
                        .post("/admin/people/crowd-4711/roles");

        assertThat(answer.statusCode()).isEqualTo(303);
        var page = answer.header("Location").replaceFirst(".*page=(\\d+)#crowd-4711$", "$1");
        assertThat(names(people(Map.of("page", page)))).contains("user:default/crowd-4711");
    }

    @Test
    void says_that_nobody_may_without_an_empty_colon() {
        var answer = ask("/admin/access/answer", Map.of("who", "crowd-0001", "what", "audit:read"));
        assertThat(Jsoup.parse(answer.asString()).text())
                .contains("Crowd 1 may not read the audit log.")
                .doesNotContain(":.");
        assertThat(
                        Jsoup.parse(
                                        ask(
                                                        "/admin/access/answer",
                                                        Map.of(
                                                                "who",
                                                                "nobody-at-all",
                                                                "what",
                                                                "audit:read"))
                                                .asString())
                                .text())
                .contains("There is no account \"nobody-at-all\".");
    }
}
