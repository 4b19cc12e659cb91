package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All accounts, their passwords, and the teams they were put in here. */
@ApplicationScoped
public class Accounts {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]+([-_.][a-z0-9]+)*");

    /** How long somebody may take to choose a password. */
    static final Duration INVITATION = Duration.ofHours(72);

    /** What {@link #read} needs, of a table or join that calls accounts {@code a}. */
    static final String COLUMNS =
            """
            a.name, a.kind, a.display_name, a.email, a.issuer, a.owner,
            a.password_hash is not null as has_password, a.created_at, a.disabled_at,
            a.last_seen_at
            """;

    private static final String SELECT = "select " + COLUMNS + " from account a ";

    private static final String ORDER = "a.kind, a.name";

    /** How many accounts a page shows. */
    static final int PAGE = 50;

    /**
     * Some of the accounts.
     *
     * @param total how many match in all
     * @param number of the page, from 1
     */
    record Page(List<Account> accounts, int total, int number) {}

    private final Sql sql;
    private final Audit audit;
    private final KnownSubjects known;

    Accounts(Sql sql, Audit audit, KnownSubjects known) {
        this.sql = sql;
        this.audit = audit;
        this.known = known;
    }

    public Optional<Account> find(String name) {
        return sql.first(SELECT + "where a.name = ?", Accounts::read, name);
    }

    /**
     * @throws NotFound when there is none of that name
     */
    public Account get(String name) {
        return find(name).orElseThrow(() -> new NotFound("There is no account \"" + name + "\"."));
    }

    /** All that may act. */
    List<Account> enabled() {
        return sql.list(SELECT + "where a.disabled_at is null order by " + ORDER, Accounts::read);
    }

    /**
     * A page of the accounts whose name, display name or e-mail address holds a text; the last page
     * when there are not so many.
     */
    Page page(String text, int number) {
        var like = "%" + text.strip().replaceAll("([\\\\%_])", "\\\\$1") + "%";
        var where =
                "where a.name like lower(?) or a.display_name ilike ? or coalesce(a.email, '') ilike ? ";
        int total =
                sql.one(
                        "select count(*) from account a " + where,
                        row -> row.getInt(1),
                        like,
                        like,
                        like);
        int page = Math.clamp(number, 1, Math.max(1, (total + PAGE - 1) / PAGE));
        return new Page(
                sql.list(
                        SELECT + where + "order by " + ORDER + " limit ? offset ?",
                        Accounts::read,
                        like,
                        like,
                        like,
                        PAGE,
                        (page - 1) * PAGE),
                total,
                page);
    }

    /** The page of all accounts on which one stands. */
    int pageOf(Account account) {
        return 1
                + sql.one(
                                """
                                select count(*) from account a where (a.kind, a.name) < (?, ?)
                                """,
                                row -> row.getInt(1),
                                account.kind().id(),
                                account.name())
                        / PAGE;
    }

    /** Until the end of the transaction no other replica prepares the first account. */
    void oneAtATime() {
        sql.list("select pg_advisory_xact_lock(hashtext('atelier.accounts'))", row -> 1);
    }

    boolean none() {
        return sql.list("select 1 from account limit 1", row -> 1).isEmpty();
    }

    /**
     * Whether the first administrator has yet to choose a password, and no one else came either.
     */
    boolean nobodyHasSignedIn() {
        return sql.list(
                        "select 1 from account where password_hash is not null or issuer is not null limit 1",
                        row -> 1)
                .isEmpty();
    }

    /** Of a row that has {@link #COLUMNS}. */
    static Account read(ResultSet row) throws SQLException {
        return new Account(
                row.getString("name"),
                row.getString("kind").equals("person") ? Account.Kind.PERSON : Account.Kind.SERVICE,
                row.getString("display_name"),
                row.getString("email"),
                row.getString("issuer"),
                row.getString("owner"),
                row.getBoolean("has_password"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                Sql.instant(row, row.findColumn("disabled_at")),
                Sql.instant(row, row.findColumn("last_seen_at")));
    }

    /**
     * Adds an account that nobody can use until it has a password or a token.
     *
     * @throws Invalid when the name cannot be one
     * @throws Conflict when it is taken
     */
    @Transactional
    public Account create(
            String name,
            Account.Kind kind,
            @Nullable String displayName,
            @Nullable String owner,
            String by) {
        if (name.length() > 63 || !NAME.matcher(name).matches()) {
            throw new Invalid(
                    "An account's name has at most 63 lowercase letters, digits, and single - _ ."
                            + " between them.",
                    List.of(new Invalid.Field("name", "cannot be a name")));
        }
        var rows =
                sql.update(
                        """
                        insert into account (name, kind, display_name, owner, created_by)
                        values (?, ?, ?, ?, ?) on conflict (name) do nothing
                        """,
                        name,
                        kind.id(),
                        displayName == null || displayName.isBlank() ? name : displayName.strip(),
                        owner,
                        by);
        if (rows == 0) {
            throw new Conflict("There is an account \"" + name + "\" already.");
        }
        var account = get(name);
        audit.recordAs(by, "account.create", account.ref(), Map.of("kind", kind.id()));
        return account;
    }

    /** A code, shown once, with which somebody sets the password of an account. */
    @Transactional
    public String invite(String name, String by) {
        var account = get(name);
        if (!account.person() || account.issuer() != null) {
            throw new Conflict(
                    account.person()
                            ? "\"%s\" signs in at %s and has no password here."
                                    .formatted(name, account.issuer())
                            : "A service account has tokens, not a password.");
        }
        var code = Secrets.opaque();
        sql.update("delete from invitation where account = ?", name);
        sql.update(
                """
                insert into invitation (hash, account, created_by, expires_at)
                values (?, ?, ?, clock_timestamp() + ?::interval)
                """,
                Secrets.hash(code),
                name,
                by,
                INVITATION.toString());
        audit.recordAs(by, "account.invite", account.ref(), Map.of());
        return code;
    }

    /** Whose password this code sets; empty when it was used, has ended, or never was. */
    Optional<Account> invited(String code) {
        return sql.first(
                        """
                        select account from invitation
                        where hash = ? and expires_at > clock_timestamp()
                        """,
                        row -> row.getString(1),
                        (Object) Secrets.hash(code))
                .flatMap(this::find)
                .filter(account -> !account.disabled());
    }

    /**
     * Sets the password with a one-time code and ends every session there was.
     *
     * @throws Invalid when the password is weak; the code stays good
     */
    @Transactional
    Account accept(String code, String password) {
        var account =
                invited(code)
                        .orElseThrow(
                                () ->
                                        new Invalid(
                                                "This link was used already or has ended. Ask a"
                                                        + " platform admin for another one."));
        Passwords.check(password, account.name());
        if (sql.update("delete from invitation where hash = ?", (Object) Secrets.hash(code)) != 1) {
            throw new Conflict("This link was used just now.");
        }
        setPassword(account, password);
        return account;
    }

    /**
     * Changes one's own password and ends all other sessions.
     *
     * @throws Invalid when the old one is wrong or the new one weak
     */
    @Transactional
    void changePassword(Account account, String old, String password, long keptSession) {
        if (!Passwords.matches(old, storedPassword(account.name()))) {
            throw new Invalid(
                    "The present password is not right.",
                    List.of(new Invalid.Field("old", "is not right")));
        }
        Passwords.check(password, account.name());
        setPassword(account, password);
        sql.update(
                "delete from account_session where account = ? and id <> ?",
                account.name(),
                keptSession);
        known.forget();
    }

    private void setPassword(Account account, String password) {
        sql.update(
                "update account set password_hash = ? where name = ?",
                Passwords.hash(password),
                account.name());
        sql.update("delete from invitation where account = ?", account.name());
        audit.recordAs(account.ref(), "account.password", account.ref(), Map.of());
    }

    @Nullable String storedPassword(String name) {
        return sql.first(
                        "select coalesce(password_hash, '') from account where name = ?",
                        row -> row.getString(1),
                        name)
                .filter(hash -> !hash.isEmpty())
                .orElse(null);
    }

    /**
     * Shuts an account out, at once and everywhere, or lets it in again.
     *
     * @throws Conflict when it is the caller's own
     */
    @Transactional
    public void disable(String name, boolean disabled, String by) {
        var account = get(name);
        if (disabled && account.ref().equals(by)) {
            throw new Conflict("You cannot shut yourself out. Ask another platform admin.");
        }
        sql.update(
                "update account set disabled_at = case when ? then clock_timestamp() end where name = ?",
                disabled,
                name);
        if (disabled) {
            sql.update("delete from account_session where account = ?", name);
            sql.update("delete from invitation where account = ?", name);
        }
        audit.recordAs(
                by, disabled ? "account.disable" : "account.enable", account.ref(), Map.of());
        known.forget();
    }

    /** Whether any account is in this team beside what the catalog's files say. */
    public boolean teamHasMembers(String team) {
        return !sql.list("select 1 from team_member where team = ? limit 1", row -> 1, team)
                .isEmpty();
    }

    /** Puts somebody into a team, or takes them out. */
    @Transactional
    public void setMember(String name, String team, boolean member, String by) {
        var account = get(name);
        var rows =
                member
                        ? sql.update(
                                """
                                insert into team_member (account, team, source) values (?, ?, 'local')
                                on conflict do nothing
                                """,
                                name,
                                team)
                        : sql.update(
                                """
                                delete from team_member
                                where account = ? and team = ? and source = 'local'
                                """,
                                name,
                                team);
        if (rows > 0) {
            audit.recordAs(
                    by,
                    member ? "team.join" : "team.leave",
                    team,
                    Map.of("account", account.ref()));
            known.forget();
        }
    }
}
