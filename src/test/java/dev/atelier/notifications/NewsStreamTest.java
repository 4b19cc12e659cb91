package dev.atelier.notifications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Access;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.net.URI;
import java.util.ArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jboss.resteasy.reactive.server.jaxrs.SseImpl;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The stream of the bell")
class NewsStreamTest {

    @TestHTTPResource("/")
    URI portal;

    @Inject Notifications notifications;
    @Inject LiveNews live;
    @Inject Access access;
    @Inject Accounts accounts;
    @Inject Sql sql;

    private Events open(Person person, String... more) {
        var headers = new ArrayList<String>();
        headers.add("Authorization");
        headers.add("Bearer " + person.token());
        headers.addAll(java.util.List.of(more));
        return Events.open(portal, headers.toArray(String[]::new));
    }

    private Events openInBrowser(Person person) {
        return Events.open(portal, "Cookie", "atelier-session=" + person.session());
    }

    private void tell(Person person, String text) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postBy(
                                        Audit.SYSTEM,
                                        new News(
                                                Topic.VERSION,
                                                text,
                                                "model:default/" + person.name(),
                                                "/models/x"),
                                        To.owner(person.ref())));
    }

    @Test
    void begins_with_the_count_and_brings_news_as_it_happens() {
        var ines = Person.named("ines");
        tell(ines, "Version 1 is ready");
        try (var events = open(ines)) {
            assertThat(events.news().data()).contains("\"unread\":1").contains("\"news\":[]");

            tell(ines, "Version 2 is ready");

            assertThat(events.news().data())
                    .contains("\"unread\":2")
                    .contains("Version 2 is ready")
                    .doesNotContain("Version 1");
        }
    }

    @Test
    void says_when_another_window_read_it() {
        var ines = Person.named("ines");
        tell(ines, "Version 1 is ready");
        try (var events = open(ines)) {
            assertThat(events.news().data()).contains("\"unread\":1");

            ines.asks().post("/api/v1/notifications/reading").then().statusCode(204);

            assertThat(events.news().data()).contains("\"unread\":0").contains("\"news\":[]");
        }
    }

    @Test
    void goes_on_where_it_was_cut_off() {
        var ines = Person.named("ines");
        String last;
        try (var events = open(ines)) {
            last = events.news().id();
        }
        tell(ines, "While nobody listened");

        try (var events = open(ines, "Last-Event-ID", last)) {
            assertThat(events.news().data()).contains("While nobody listened");
        }
        try (var events = open(ines, "Last-Event-ID", "'; drop table notification")) {
            assertThat(events.news().data()).contains("\"unread\":1").contains("\"news\":[]");
        }
    }

    @Test
    void hears_what_another_replica_wrote() {
        var ines = Person.named("ines");
        try (var events = open(ines)) {
            events.news();

            write(ines, "Elsewhere");
            sql.list("select pg_notify('atelier_news', ?)", row -> 1, ines.name());

            assertThat(events.news().data()).contains("Elsewhere");
        }
    }

    @Test
    void finds_by_itself_what_no_signal_told() {
        var ines = Person.named("ines");
        try (var events = open(ines)) {
            events.news();

            write(ines, "Not called out");

            assertThat(events.news().data()).contains("Not called out");
        }
    }

    private void write(Person person, String text) {
        sql.update(
                """
                insert into notification (account, topic, text, reason, address, about, actor, digest)
                values (?, 'version', ?, 'you own it', '/', 'model:default/x', 'test', false)
                """,
                person.name(),
                text);
    }

    @Test
    void keeps_what_its_reader_may_not_see() {
        var ines = Person.named("ines");
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by)
                values (?, 'restricted', 'test')
                """,
                "model:default/" + ines.name());
        // What is reserved is kept for a second.
        var secret = java.util.List.of("model:default/" + ines.name());
        Awaitility.await().until(() -> !access.hidden(ines.subject(), secret).isEmpty());
        try (var events = open(ines)) {
            assertThat(events.news().data()).contains("\"unread\":0");

            tell(ines, "A secret");
            events.untilTheNextBeat();

            assertThat(events.untilTheNextBeat()).isEmpty();
        }
    }

    @Test
    void ends_with_its_session() throws Exception {
        var ines = Person.named("ines");
        try (var events = openInBrowser(ines)) {
            assertThat(events.status()).isEqualTo(200);
            events.news();

            sql.update("delete from account_session where account = ?", ines.name());

            assertThat(events.endsWithin(6)).isTrue();
        }
    }

    @Test
    void ends_when_its_reader_is_shut_out() throws Exception {
        var ines = Person.named("ines");
        try (var events = openInBrowser(ines)) {
            events.news();

            accounts.disable(ines.name(), true, Audit.SYSTEM);

            assertThat(events.endsWithin(6)).isTrue();
        }
    }

    @Test
    void is_for_people_who_are_signed_in() {
        try (var events = Events.open(portal)) {
            assertThat(events.status()).isEqualTo(401);
        }
    }

    @Test
    void costs_no_connection_and_no_thread_however_many_are_open() {
        var people = new ArrayList<Person>();
        for (int i = 0; i < 10; i++) {
            people.add(Person.named("many"));
        }
        var open = new ArrayList<Events>();
        try {
            people.forEach(person -> open.add(open(person)));
            open.forEach(Events::news);
            long connections = connections();
            int threads = Thread.activeCount();
            for (int i = 0; i < 9; i++) {
                people.forEach(person -> open.add(open(person)));
            }
            open.subList(10, 100).forEach(Events::news);

            people.forEach(person -> tell(person, "To all windows"));
            open.forEach(events -> assertThat(events.news().data()).contains("To all windows"));

            assertThat(live.size()).isGreaterThanOrEqualTo(100);
            assertThat(connections()).isLessThanOrEqualTo(connections + 3);
            // Of the portal; each client of this test has some of its own.
            assertThat(Thread.activeCount() - threads).isLessThan(400);
        } finally {
            open.forEach(Events::close);
        }
        Awaitility.await().until(() -> live.size() < 20);
    }

    private long connections() {
        return sql.one(
                "select count(*) from pg_stat_activity where application_name = 'atelier'",
                row -> row.getLong(1));
    }

    @Test
    void of_one_person_are_twenty_at_most() throws Exception {
        var ines = Person.named("ines");
        var open = new ArrayList<Events>();
        try {
            for (int i = 0; i < 21; i++) {
                open.add(open(ines));
                open.getLast().news();
            }
            assertThat(open.getFirst().endsWithin(5)).isTrue();
            assertThat(open.get(1).endsWithin(0)).isFalse();
        } finally {
            open.forEach(Events::close);
        }
    }

    @Test
    void keeps_no_more_for_a_window_that_does_not_read_than_one_event() throws Exception {
        var ines = Person.named("ines");
        var read = new LinkedBlockingQueue<OutboundSseEvent>();
        var window = new Window(read);
        live.open(ines.subject(), null, new SseImpl()).subscribe(window);
        for (int i = 0; i < 60; i++) {
            tell(ines, "Version " + i + " is ready");
        }
        try (var events = open(ines)) {
            // The other window has seen the last of them, so it was offered to this one too.
            Awaitility.await().until(() -> events.news().data().contains("\"unread\":60"));
        }

        window.subscription.request(1);

        var event = read.poll(10, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        assertThat(String.valueOf(event.getData())).contains("\"unread\":60");
        assertThat(String.valueOf(event.getData()).split("is ready")).hasSizeLessThanOrEqualTo(21);
        assertThat(read).isEmpty();
        window.subscription.cancel();
    }

    private static final class Window implements Flow.Subscriber<OutboundSseEvent> {
        private final LinkedBlockingQueue<OutboundSseEvent> read;
        private Flow.Subscription subscription;

        Window(LinkedBlockingQueue<OutboundSseEvent> read) {
            this.read = read;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
        }

        @Override
        public void onNext(OutboundSseEvent event) {
            read.add(event);
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {
            // Nothing more comes.
        }
    }
}
