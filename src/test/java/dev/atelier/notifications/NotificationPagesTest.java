package dev.atelier.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The page of notifications")
class NotificationPagesTest {

    private static final String HOSTILE = "\"><svg onload=x>'{7*7}";

    @Inject Notifications notifications;

    private void tell(Person person, Topic topic, String text) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postBy(
                                        Audit.SYSTEM,
                                        new News(topic, text, "model:default/x", "/models/x"),
                                        To.owner(person.ref())));
    }

    private static Document page(Person person, String address) {
        return Jsoup.parse(
                person.asks()
                        .accept("text/html")
                        .get(address)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    @Test
    void says_what_is_new_and_why_one_hears_of_it() {
        var ines = Person.named("ines");
        tell(ines, Topic.VERSION, "Version 3 of churn is ready");

        var page = page(ines, "/notifications");

        assertThat(page.select("h1").text()).isEqualTo("One unread notification");
        assertThat(page.select("#news li").text())
                .contains("Version 3 of churn is ready", "Model versions", "because you own it");
        assertThat(page.select("#news li a").attr("href")).isEqualTo("/models/x");
        assertThat(page.select("#bell .badge").text()).isEqualTo("1");
        assertThat(page.select("#bell .sr").text()).isEqualTo("Notifications, 1 unread");
    }

    @Test
    void says_what_to_do_when_there_is_nothing() {
        var ines = Person.named("ines");

        assertThat(page(ines, "/notifications").select(".empty").text())
                .contains("Nothing yet", "Follow a model");
        assertThat(page(ines, "/notifications?unread=true").select(".empty").text())
                .contains("You have read everything");
        assertThat(page(ines, "/notifications").select("#bell .badge").hasAttr("hidden")).isTrue();
    }

    @Test
    void shows_hostile_text_as_text() {
        var ines = Person.named("ines");
        tell(ines, Topic.ACCESS, HOSTILE);

        var page = page(ines, "/notifications");

        assertThat(page.select("svg[onload]")).isEmpty();
        assertThat(page.select("#news .ttl").text()).isEqualTo(HOSTILE);
        assertThat(page.select("#news button .sr").text()).isEqualTo(": " + HOSTILE);
    }

    @Test
    void is_filtered_by_state_and_topic() {
        var ines = Person.named("ines");
        tell(ines, Topic.VERSION, "Version 3 is ready");
        tell(ines, Topic.ROLE, "You are a viewer now");
        var read = ines.asks().get("/api/v1/notifications?topic=version");
        ines.asks()
                .post("/api/v1/notifications/{id}/reading", read.path("notifications[0].id") + "")
                .then()
                .statusCode(204);

        assertThat(page(ines, "/notifications").select("#news li")).hasSize(2);
        assertThat(page(ines, "/notifications?unread=true").select("#news .ttl").eachText())
                .containsExactly("You are a viewer now");
        assertThat(page(ines, "/notifications?topic=version").select("#news .ttl").eachText())
                .containsExactly("Version 3 is ready");
        assertThat(page(ines, "/notifications?topic=alias").select(".empty").text())
                .contains("Nothing of this topic");
        ines.asks().accept("text/html").get("/notifications?topic=none").then().statusCode(400);
        ines.asks().accept("text/html").get("/notifications?after=x").then().statusCode(400);
    }

    @Test
    void marks_as_read_without_a_script_and_goes_back_to_where_one_was() {
        var ines = Person.named("ines");
        tell(ines, Topic.VERSION, "Version 3 is ready");
        tell(ines, Topic.ROLE, "You are a viewer now");
        var form = page(ines, "/notifications?unread=true").select("#news li form").first();

        ines.asks()
                .header("Referer", "http://portal.example/notifications?unread=true")
                .post(form.attr("action"))
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith("/notifications?unread=true"));
        assertThat(page(ines, "/notifications").select("h1").text())
                .isEqualTo("One unread notification");

        ines.asks()
                .header("Referer", "//evil.example//evil")
                .formParam("topic", "")
                .post("/notifications/reading")
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith("/notifications"));
        assertThat(page(ines, "/notifications").select("h1").text()).isEqualTo("Nothing new");
    }

    @Test
    void of_settings_says_how_to_connect_a_mail_server_that_is_not() {
        var ines = Person.named("ines");

        var page = page(ines, "/account/notifications");

        assertThat(page.select("#digest").parents().select("section").text())
                .contains("No mail server is connected", "ATELIER_SMTP_HOST");
        assertThat(page.select("input[value=email]").hasAttr("disabled")).isTrue();
        ines.asks()
                .accept("text/html")
                .formParam("kind", "email")
                .formParam("email", "ines@example.org")
                .post("/account/notifications/digest")
                .then()
                .statusCode(422)
                .body(org.hamcrest.Matchers.containsString("No mail server is connected"));
    }

    @Test
    void has_the_same_for_programs() {
        var ines = Person.named("ines");
        tell(ines, Topic.VERSION, "Version 3 is ready");

        ines.asks()
                .get("/api/v1/notifications")
                .then()
                .statusCode(200)
                .body("unread", equalTo(1))
                .body("notifications.text", contains("Version 3 is ready"))
                .body("notifications[0].reason", equalTo("you own it"))
                .body("next", nullValue());
        ines.asks().post("/api/v1/notifications/reading").then().statusCode(204);
        ines.asks()
                .get("/api/v1/notifications?unread=true")
                .then()
                .body("unread", equalTo(0))
                .body("notifications", hasSize(0));
        ines.asks().post("/api/v1/notifications/1/reading").then().statusCode(404);
    }

    @Test
    void is_not_for_strangers() {
        io.restassured.RestAssured.given()
                .noFilters()
                .get("/api/v1/notifications")
                .then()
                .statusCode(401);
    }
}
