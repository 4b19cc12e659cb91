package dev.atelier.notifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.Statements;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Account;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.NotFound;
import io.agroal.api.AgroalDataSource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import jakarta.transaction.TransactionalException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("News")
class NotificationsTest {

    @Inject Notifications notifications;
    @Inject Accounts accounts;
    @Inject Presence presence;
    @Inject Sql sql;
    @Inject AgroalDataSource database;

    /** Names of this test alone. */
    private String own;

    @BeforeEach
    void choose_names() {
        own = "n" + UUID.randomUUID().toString().substring(0, 8);
    }

    private String person(String name) {
        return accounts.create(own + name, Account.Kind.PERSON, null, null, Audit.SYSTEM).ref();
    }

    private Subject subject(String ref) {
        return presence.subject(ref.substring("user:default/".length())).orElseThrow();
    }

    private void in(Runnable work) {
        QuarkusTransaction.requiringNew().run(work);
    }

    private void tell(News news, To... to) {
        in(() -> notifications.postBy(Audit.SYSTEM, news, to));
    }

    private News news(String text) {
        return new News(Topic.VERSION, text, "model:default/" + own, "/models/" + own);
    }

    private List<Notifications.Note> all(String ref) {
        return notifications
                .list(subject(ref), new Notifications.Question(false, null, null))
                .notes();
    }

    private List<String> texts(String ref) {
        return all(ref).stream().map(Notifications.Note::text).toList();
    }

    private void restrict(String owner) {
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by)
                values (?, 'restricted', 'test')
                """,
                "model:default/" + own);
        if (!owner.isEmpty()) {
            sql.update(
                    """
                    insert into resource_grant (resource, holder, permission, granted_by)
                    values (?, ?, 'model:read', 'test')
                    """,
                    "model:default/" + own,
                    owner);
        }
    }

    @Test
    void reaches_the_owner_with_the_reason() {
        var ines = person("ines");

        tell(news("Version 3 is ready"), To.owner(ines), To.starred());

        assertThat(all(ines))
                .singleElement()
                .satisfies(
                        note -> {
                            assertThat(note.text()).isEqualTo("Version 3 is ready");
                            assertThat(note.reason()).isEqualTo("you own it");
                            assertThat(note.address()).isEqualTo("/models/" + own);
                            assertThat(note.unread()).isTrue();
                        });
        assertThat(notifications.unread(subject(ines))).isEqualTo(1);
    }

    @Test
    void reaches_every_member_of_a_team_once_and_follows_the_first_reason() {
        var ines = person("ines");
        var bo = person("bo");
        var team = "group:default/" + own;
        accounts.setMember(own + "ines", team, true, Audit.SYSTEM);
        accounts.setMember(own + "bo", team, true, Audit.SYSTEM);

        tell(news("Version 3 is ready"), new To(bo, "you registered it"), To.owner(team));

        assertThat(all(ines))
                .extracting(Notifications.Note::reason)
                .containsExactly("your team owns it");
        assertThat(all(bo))
                .extracting(Notifications.Note::reason)
                .containsExactly("you registered it");
    }

    @Test
    void never_reaches_who_did_it_a_program_or_somebody_shut_out() {
        var ines = person("ines");
        var gone = person("gone");
        var robot =
                accounts.create(own + "ci", Account.Kind.SERVICE, null, null, Audit.SYSTEM).ref();
        accounts.disable(own + "gone", true, Audit.SYSTEM);

        in(
                () ->
                        notifications.postBy(
                                ines,
                                news("Version 3 is ready"),
                                To.owner(ines),
                                To.asker(gone),
                                To.asker(robot),
                                To.asker("user:default/no-such-person")));

        assertThat(
                        sql.list(
                                "select account from notification where about = ?",
                                row -> row.getString(1),
                                "model:default/" + own))
                .isEmpty();
    }

    @Test
    void does_not_pile_up_while_it_is_unread() {
        var ines = person("ines");
        for (int i = 0; i < 3; i++) {
            tell(news("Version 3 was refused"), To.owner(ines));
        }
        tell(news("Version 4 was refused"), To.owner(ines));

        assertThat(all(ines))
                .extracting(Notifications.Note::text, Notifications.Note::times)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("Version 4 was refused", 1),
                        org.assertj.core.groups.Tuple.tuple("Version 3 was refused", 3));

        notifications.markAllRead(subject(ines), null);
        tell(news("Version 3 was refused"), To.owner(ines));

        assertThat(all(ines)).hasSize(3);
        assertThat(notifications.unread(subject(ines))).isEqualTo(1);
    }

    @Test
    void is_undone_with_the_change_it_tells_of() {
        var ines = person("ines");

        assertThatThrownBy(
                        () ->
                                in(
                                        () -> {
                                            notifications.postBy(
                                                    Audit.SYSTEM, news("Ready"), To.owner(ines));
                                            throw new IllegalStateException("the change failed");
                                        }))
                .hasMessageContaining("the change failed");

        assertThat(texts(ines)).isEmpty();
    }

    @Test
    void needs_a_transaction() {
        assertThatThrownBy(() -> notifications.postBy(Audit.SYSTEM, news("Ready")))
                .isInstanceOf(TransactionalException.class);
    }

    @Test
    void of_a_restricted_thing_reaches_nobody_who_may_not_see_it() {
        var ines = person("ines");
        var bo = person("bo");
        tell(news("Version 3 is ready"), To.asker(ines), To.asker(bo));
        assertThat(texts(bo)).hasSize(1);

        restrict(ines);

        in(() -> notifications.postBy(Audit.SYSTEM, news("Version 4 is ready"), To.asker(bo)));
        // Written past the portal, which keeps what it knew for a second.
        Awaitility.await().untilAsserted(() -> assertThat(texts(bo)).isEmpty());
        assertThat(notifications.unread(subject(bo))).isZero();
        assertThat(notifications.since(subject(bo), 0, 10)).isEmpty();
        assertThat(texts(ines)).containsExactly("Version 3 is ready");
    }

    @Test
    void can_be_turned_off_by_topic() {
        var ines = person("ines");
        notifications.choose(subject(ines), Map.of(Topic.VERSION, Delivery.NOTHING));

        tell(news("Ready"), To.owner(ines));
        tell(
                new News(Topic.ROLE, "You are a viewer now", ines, "/account"),
                new To(ines, "it is your account"));

        assertThat(texts(ines)).containsExactly("You are a viewer now");
    }

    @Test
    void of_somebody_else_cannot_be_read_nor_marked() {
        var ines = person("ines");
        var bo = person("bo");
        tell(news("Ready"), To.owner(ines));
        var id = all(ines).getFirst().id();

        assertThatThrownBy(() -> notifications.markRead(subject(bo), id))
                .isInstanceOf(NotFound.class);
        notifications.markAllRead(subject(bo), null);
        assertThat(notifications.unread(subject(ines))).isEqualTo(1);

        notifications.markRead(subject(ines), id);
        notifications.markRead(subject(ines), id);
        assertThat(notifications.unread(subject(ines))).isZero();
    }

    @Test
    void is_told_once_for_an_occasion_by_many_who_look() throws Exception {
        var ines = person("ines");
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var looks = new ArrayList<Future<?>>();
            for (int i = 0; i < 8; i++) {
                looks.add(
                        pool.submit(
                                () ->
                                        in(
                                                () ->
                                                        notifications.postOnce(
                                                                "test/" + own,
                                                                news("It ends soon"),
                                                                To.owner(ines)))));
            }
            for (var look : looks) {
                look.get();
            }
        }

        assertThat(all(ines)).singleElement().extracting(Notifications.Note::times).isEqualTo(1);
    }

    @Test
    void comes_in_pages_that_do_not_overlap() {
        var ines = person("ines");
        for (int i = 0; i < 70; i++) {
            tell(news("Version " + i + " is ready"), To.owner(ines));
        }

        var seen = new ArrayList<String>();
        var after = (String) null;
        do {
            var page =
                    notifications.list(
                            subject(ines), new Notifications.Question(false, null, after));
            page.notes().forEach(note -> seen.add(note.text()));
            after = page.next();
        } while (after != null);

        assertThat(seen)
                .hasSize(70)
                .doesNotHaveDuplicates()
                .first()
                .isEqualTo("Version 69 is ready");
    }

    @Test
    void is_kept_in_bounds() {
        var ines = person("ines");
        sql.update(
                """
                insert into notification (account, topic, text, reason, address, about, actor, digest, changed_at)
                select ?, 'version', 'Version ' || i, 'you own it', '/', 'model:default/x', 'test', false,
                       clock_timestamp() - i * interval '1 minute'
                from generate_series(1, 600) i
                """,
                own + "ines");
        sql.update(
                """
                update notification set changed_at = clock_timestamp() - interval '91 days'
                where account = ? and text = 'Version 1'
                """,
                own + "ines");

        notifications.trim();

        assertThat(
                        sql.list(
                                "select text from notification where account = ? order by changed_at desc",
                                row -> row.getString(1),
                                own + "ines"))
                .hasSize(500)
                .first()
                .isEqualTo("Version 2");
    }

    @Test
    void reaches_a_thousand_members_by_one_statement() {
        var team = "group:default/" + own;
        sql.update(
                """
                insert into account (name, kind, display_name, created_by)
                select ? || '-' || i, 'person', 'Member', 'test' from generate_series(1, 1000) i
                """,
                own);
        sql.update(
                """
                insert into team_member (account, team, source)
                select ? || '-' || i, ?, 'local' from generate_series(1, 1000) i
                """,
                own,
                team);
        Statements.watch(database);

        var asked = Statements.of(() -> tell(news("Version 3 is ready"), To.owner(team)));

        assertThat(asked).filteredOn(sql -> sql.contains("into notification ")).hasSize(1);
        assertThat(asked).hasSizeLessThan(8);
        assertThat(
                        sql.<Long>one(
                                "select count(*) from notification where about = ?",
                                row -> row.getLong(1),
                                "model:default/" + own))
                .isEqualTo(1000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://evil.example/", "//evil.example", "/\\evil.example", "models/x"})
    void leads_to_the_portal_only(String address) {
        assertThatThrownBy(() -> new News(Topic.ACCESS, "Look", "model:default/x", address))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void is_one_line_of_bounded_length() {
        var news =
                new News(
                        Topic.ACCESS,
                        "Ines\r\nasks\u2028for " + "x".repeat(400),
                        "model:default/x",
                        "/");

        assertThat(news.text()).startsWith("Ines asks for x").endsWith("x…").hasSize(300);
    }
}
