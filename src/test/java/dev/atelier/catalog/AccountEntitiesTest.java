package dev.atelier.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;

import dev.atelier.Statements;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Account;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Memberships;
import dev.atelier.platform.database.Sql;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An account in the catalog")
class AccountEntitiesTest {

    @Inject Accounts accounts;
    @Inject AccountEntities people;
    @Inject Entities entities;
    @Inject Memberships memberships;
    @Inject Sql sql;
    @Inject AgroalDataSource database;

    private String name;
    private String team;

    @BeforeEach
    void choose_names() {
        name = "p" + UUID.randomUUID().toString().substring(0, 8);
        team = "group:default/t" + name;
        accounts.create(name, Account.Kind.PERSON, "Ines \"><svg onload=x>", null, Audit.SYSTEM);
    }

    private EntityRef user() {
        return EntityRef.of("user", name);
    }

    private static ValidatableResponse backstage(String kind, String name) {
        return given().get("/api/catalog/entities/by-name/{kind}/default/{name}", kind, name)
                .then();
    }

    @Test
    void appears_by_itself_with_its_team() {
        accounts.setMember(name, team, true, Audit.SYSTEM);

        Awaitility.await()
                .untilAsserted(
                        () ->
                                backstage("user", name)
                                        .statusCode(200)
                                        .body("spec.memberOf", hasItem(team)));

        backstage("user", name)
                .body("spec.profile.displayName", equalTo("Ines \"><svg onload=x>"))
                .body("metadata.annotations.'atelier.dev/account'", equalTo("local"))
                .body(
                        "metadata.annotations.'backstage.io/managed-by-location'",
                        equalTo("provider:accounts"))
                .body("relations.targetRef", hasItem(team));
        backstage("group", "t" + name)
                .statusCode(200)
                .body("spec.type", equalTo("team"))
                .body("relations.targetRef", hasItem("user:default/" + name));
        assertThat(
                        given().accept("text/html")
                                .get("/catalog/default/user/{name}", name)
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString())
                .contains("Published by", "accounts", "signs in here")
                .doesNotContain("<svg onload");
    }

    @Test
    void goes_when_it_is_shut_out_and_its_team_with_the_last_member() {
        accounts.setMember(name, team, true, Audit.SYSTEM);
        people.bringIn();
        assertThat(entities.find(EntityRef.parse(team))).isPresent();

        accounts.disable(name, true, Audit.SYSTEM);
        people.bringIn();

        assertThat(entities.find(user())).isEmpty();
        assertThat(entities.find(EntityRef.parse(team))).isEmpty();
        accounts.disable(name, false, Audit.SYSTEM);
        people.bringIn();
        assertThat(entities.find(user())).isPresent();
    }

    @Test
    void yields_to_a_file_that_describes_the_same_name_and_comes_back_after_it() {
        people.bringIn();
        var written = EntityDocument.of("backstage.io/v1alpha1", "User", "default", name);
        written.spec().putArray("memberOf").add("group:default/from-file");
        written.metadata().put("title", "As the file says");
        byAFile(List.of(written));
        accounts.setMember(name, team, true, Audit.SYSTEM);

        people.bringIn();

        backstage("user", name)
                .body("metadata.title", equalTo("As the file says"))
                .body("spec.memberOf", not(hasItem(team)));
        // The team of the account still has its member, by the group's own word.
        backstage("group", "t" + name).body("relations.targetRef", hasItem("user:default/" + name));
        assertThat(teamsOf("user:default/" + name)).isEqualTo(Set.of("group:default/from-file"));

        byAFile(List.of());
        people.bringIn();

        backstage("user", name)
                .body("metadata.annotations.'atelier.dev/account'", equalTo("local"))
                .body("spec.memberOf", hasItems(team));
    }

    /** As a file of the catalog's folders would. */
    private void byAFile(List<EntityDocument> documents) {
        io.quarkus.narayana.jta.QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.run(
                                        connection -> {
                                            var source =
                                                    Sources.ensure(
                                                            connection,
                                                            new Sources.Target(
                                                                    "file", "/" + name, false));
                                            // Not to be looked at before the test is over.
                                            sql.update(
                                                    "update catalog_source set next_read_at = 'infinity' where id = ?",
                                                    source);
                                            var writes = EntityWrites.begin(connection);
                                            writes.put(
                                                    documents.stream()
                                                            .map(
                                                                    d ->
                                                                            new EntityWrites.Write(
                                                                                    d,
                                                                                    source,
                                                                                    EntityWrites
                                                                                            .Origin
                                                                                            .FILE,
                                                                                    0))
                                                            .toList());
                                            if (documents.isEmpty()) {
                                                writes.remove(Entities.owned(connection, source));
                                            }
                                            writes.end();
                                        }));
    }

    @Test
    void gives_no_permission_by_its_entity() {
        accounts.setMember(name, team, true, Audit.SYSTEM);
        people.bringIn();

        assertThat(teamsOf("user:default/" + name)).isEmpty();
        assertThat(memberships.membersOf(List.of(team))).isEmpty();
    }

    @Test
    void among_a_thousand_of_its_team_joins_with_few_statements() {
        sql.update(
                """
                insert into account (name, kind, display_name, created_by)
                select ? || '-' || i, 'person', 'Member ' || i, 'test' from generate_series(1, 1000) i
                """,
                name);
        sql.update(
                """
                insert into team_member (account, team, source)
                select ? || '-' || i, ?, 'claims' from generate_series(1, 1000) i
                """,
                name,
                team);
        people.bringIn();
        accounts.setMember(name, team, true, Audit.SYSTEM);
        Statements.watch(database);

        var asked = Statements.of(people::bringIn);

        assertThat(asked).isNotEmpty().hasSizeLessThan(40);
        assertThat(
                        entities.find(EntityRef.parse(team)).orElseThrow().relations().stream()
                                .filter(relation -> relation.type().equals("hasMember")))
                .hasSize(1001);
        sql.update("delete from account where name like ?", name + "-%");
        people.bringIn();
    }

    private Set<String> teamsOf(String ref) {
        return memberships.teamsOf(List.of(ref)).getOrDefault(ref, Set.of());
    }
}
