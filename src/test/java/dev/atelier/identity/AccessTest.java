package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Resource.Visibility;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A decision")
class AccessTest {

    private static final String TEAM = "group:default/vision";
    private static final String OTHERS = "group:default/risk";
    private static final String MODEL = "model:default/pictures";

    @Inject Access access;
    @Inject Roles roles;

    private static Subject somebody(Role role, @Nullable String within, String... teams) {
        return new Subject(
                "user:default/somebody",
                "somebody",
                "Somebody",
                true,
                List.of(new Subject.Held(role, within, "user:default/somebody")),
                Set.of(teams),
                null,
                null);
    }

    private static Resource model(Visibility visibility, Resource.Grant... grants) {
        return new Resource(MODEL, TEAM, visibility, List.of(grants));
    }

    private boolean may(Subject subject, Permission permission, @Nullable Resource on) {
        return access.decide(subject, permission, on).allowed();
    }

    @Test
    void lets_a_role_change_what_its_own_teams_own_and_nothing_else() {
        var engineer = somebody(Role.ML_ENGINEER, null, TEAM);
        assertThat(may(engineer, Permission.MODEL_ALIAS, model(Visibility.COMPANY))).isTrue();
        var stranger = somebody(Role.ML_ENGINEER, null, OTHERS);
        var decision = access.decide(stranger, Permission.MODEL_ALIAS, model(Visibility.COMPANY));
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.reason()).contains("belongs to " + TEAM);
    }

    @Test
    void counts_a_role_of_a_team_in_that_team_only() {
        var here = somebody(Role.ML_ENGINEER, TEAM);
        assertThat(may(here, Permission.MODEL_ALIAS, model(Visibility.COMPANY))).isTrue();
        var elsewhere = somebody(Role.ML_ENGINEER, OTHERS);
        assertThat(may(elsewhere, Permission.MODEL_ALIAS, model(Visibility.COMPANY))).isFalse();
        assertThat(may(elsewhere, Permission.MODEL_READ, model(Visibility.COMPANY))).isFalse();
        assertThat(may(somebody(Role.PLATFORM_ADMIN, TEAM), Permission.ACCESS_MANAGE, null))
                .isFalse();
    }

    @Test
    void keeps_a_team_model_to_its_team_and_those_who_were_granted_it() {
        var stranger = somebody(Role.ML_ENGINEER, null, OTHERS);
        var member = somebody(Role.VIEWER, null, TEAM);
        for (var visibility : List.of(Visibility.TEAM, Visibility.RESTRICTED)) {
            assertThat(may(stranger, Permission.MODEL_READ, model(visibility))).isFalse();
            assertThat(may(stranger, Permission.MODEL_CALL, model(visibility))).isFalse();
            assertThat(may(member, Permission.MODEL_READ, model(visibility))).isTrue();
            assertThat(
                            may(
                                    stranger,
                                    Permission.MODEL_CALL,
                                    model(
                                            visibility,
                                            new Resource.Grant(OTHERS, Permission.MODEL_CALL))))
                    .isTrue();
            assertThat(
                            may(
                                    somebody(Role.PLATFORM_ADMIN, null),
                                    Permission.MODEL_READ,
                                    model(visibility)))
                    .isTrue();
        }
    }

    @Test
    void does_not_let_a_grant_of_one_thing_pass_for_another() {
        var stranger = somebody(Role.VIEWER, null, OTHERS);
        var granted =
                model(Visibility.RESTRICTED, new Resource.Grant(OTHERS, Permission.MODEL_READ));
        assertThat(may(stranger, Permission.MODEL_READ, granted)).isTrue();
        assertThat(may(stranger, Permission.MODEL_DOWNLOAD, granted)).isFalse();
    }

    @Test
    void is_refused_without_a_role() {
        var nobody =
                new Subject(
                        "user:default/new",
                        "new",
                        "New",
                        true,
                        List.of(),
                        Set.of(TEAM),
                        null,
                        null);
        assertThat(access.decide(nobody, Permission.CATALOG_READ, null).reason())
                .isEqualTo("user:default/new holds no role.");
    }

    @Test
    void is_another_one_as_soon_as_the_matrix_changes() {
        var developer = somebody(Role.DEVELOPER, null);
        assertThat(may(developer, Permission.OPERATIONS_READ, null)).isFalse();
        set("developer", "operations:read", "all");
        assertThat(may(developer, Permission.OPERATIONS_READ, null)).isTrue();
        set("developer", "operations:read", "no");
        assertThat(may(developer, Permission.OPERATIONS_READ, null)).isFalse();
    }

    private static void set(String role, String permission, String reach) {
        given().redirects()
                .follow(false)
                .formParam("role", role)
                .formParam("permission", permission)
                .formParam("reach", reach)
                .post("/admin/access/matrix")
                .then()
                .statusCode(303);
    }

    @Test
    void never_locks_the_last_administrator_out() {
        given().formParam("role", "platform-admin")
                .formParam("permission", "access:manage")
                .formParam("reach", "no")
                .post("/admin/access/matrix")
                .then()
                .statusCode(409);
        var last =
                roles.all().stream()
                        .filter(a -> a.role() == Role.PLATFORM_ADMIN)
                        .filter(a -> a.holder().equals("user:default/admin"))
                        .findFirst()
                        .orElseThrow();
        given().accept("text/html")
                .post("/admin/people/roles/" + last.id() + "/withdrawal")
                .then()
                .statusCode(422)
                .body(containsString("last platform admin"));
    }

    @Test
    void is_explained_to_administrators_both_ways() {
        given().queryParam("who", "admin")
                .queryParam("what", "audit:read")
                .get("/admin/access/answer")
                .then()
                .statusCode(200)
                .body(containsString("Yes."))
                .body(containsString("holds the role Platform admin"));
        given().queryParam("what", "access:manage")
                .get("/admin/access/answer")
                .then()
                .body(containsString("user:default/admin"));
    }
}
