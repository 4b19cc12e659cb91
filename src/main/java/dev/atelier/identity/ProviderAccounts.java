package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Accounts of people whom the sign-in provider vouches for. One is known by the provider's key; a
 * name alone never opens an account that somebody else has.
 */
@ApplicationScoped
class ProviderAccounts {

    private static final String ACTOR = "system:sign-in";

    private final Sql sql;
    private final Accounts accounts;
    private final Roles roles;
    private final Audit audit;
    private final KnownSubjects known;

    ProviderAccounts(Sql sql, Accounts accounts, Roles roles, Audit audit, KnownSubjects known) {
        this.sql = sql;
        this.accounts = accounts;
        this.roles = roles;
        this.audit = audit;
        this.known = known;
    }

    Optional<Account> find(String issuer, String subject) {
        return sql.first(
                        "select name from account where issuer = ? and subject = ?",
                        row -> row.getString(1),
                        issuer,
                        subject)
                .flatMap(accounts::find);
    }

    /**
     * The account of these claims, made when it is their first visit.
     *
     * @throws Conflict when the name cannot be one, or is somebody else's
     * @throws Denied when the account is shut out
     */
    @Transactional
    Account known(Claims claims) {
        var account = find(claims.issuer(), claims.subject()).orElseGet(() -> create(claims));
        if (account.disabled()) {
            throw new Denied(
                    "The account \"%s\" is shut out of Atelier. A platform admin can let it in again."
                            .formatted(account.name()));
        }
        return account;
    }

    private Account create(Claims claims) {
        var name =
                claims.name()
                        .orElseThrow(
                                () ->
                                        new Conflict(
                                                "The provider calls you \"%s\", which cannot be the name of an account here (lower-case letters, digits, and single - _ . between them). A platform admin can choose another claim: ATELIER_OIDC_NAME_CLAIM, ATELIER_OIDC_EMAIL_DOMAIN."
                                                        .formatted(claims.said())));
        var rows =
                sql.update(
                        """
                        insert into account (name, kind, display_name, email, issuer, subject, created_by)
                        values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                        """,
                        name,
                        claims.kind().id(),
                        claims.displayName(),
                        claims.email(),
                        claims.issuer(),
                        claims.subject(),
                        ACTOR);
        if (rows == 0) {
            // Somebody's, or the same person's in another window a moment ago.
            return find(claims.issuer(), claims.subject()).orElseThrow(() -> taken(name));
        }
        var account = accounts.get(name);
        audit.recordAs(
                ACTOR,
                "account.create",
                account.ref(),
                Map.of("kind", claims.kind().id(), "issuer", claims.issuer()));
        return account;
    }

    private Conflict taken(String name) {
        var local = accounts.find(name).map(a -> a.issuer() == null).orElse(false);
        return new Conflict(
                local
                        ? "There is a local account \"%s\" already, and a name alone does not open it. If it is yours, sign in with its password and choose \"Connect\" on your account page. If it is not, ask a platform admin."
                                .formatted(name)
                        : "The account \"%s\" belongs to somebody else at the sign-in provider. Ask a platform admin: one of the two needs another name there."
                                .formatted(name));
    }

    /**
     * Hands a local account over to the provider: from now on its owner signs in there, and its
     * password is gone. Roles and teams given here stay.
     *
     * @throws Conflict when either side has another partner
     */
    @Transactional
    Account connect(String name, Claims claims) {
        find(claims.issuer(), claims.subject())
                .ifPresent(
                        other -> {
                            throw new Conflict(
                                    "At the provider you are \"%s\", who has the account \"%s\" here already."
                                            .formatted(claims.said(), other.name()));
                        });
        var rows =
                sql.update(
                        """
                        update account set issuer = ?, subject = ?, password_hash = null
                        where name = ? and kind = 'person' and issuer is null and disabled_at is null
                        """,
                        claims.issuer(),
                        claims.subject(),
                        name);
        if (rows == 0) {
            throw new Conflict("The account \"" + name + "\" cannot be connected any more.");
        }
        sql.update("delete from invitation where account = ?", name);
        var account = accounts.get(name);
        audit.recordAs(
                account.ref(),
                "account.connect",
                account.ref(),
                Map.of("issuer", claims.issuer(), "name", claims.said()));
        return account;
    }

    /** Takes over what the provider says now; what changed is written down. */
    @Transactional
    void take(Account account, Claims claims) {
        sql.update(
                """
                update account set display_name = ?, email = coalesce(?, email)
                where name = ? and (display_name, email) is distinct from (?, coalesce(?, email))
                """,
                claims.displayName(),
                claims.email(),
                account.name(),
                claims.displayName(),
                claims.email());
        var before = Map.of("roles", claimedRoles(account), "teams", claimedTeams(account));
        roles.claim(account.ref(), claims.roles());
        teams(account, claims.groups());
        var after = Map.of("roles", claimedRoles(account), "teams", claimedTeams(account));
        if (!before.equals(after)) {
            audit.recordAs(ACTOR, "account.claims", account.ref(), after);
            known.forget();
        }
    }

    private Set<String> claimedRoles(Account account) {
        return roles.of(java.util.List.of(account.ref())).stream()
                .filter(assignment -> assignment.source().equals("claims"))
                .map(assignment -> assignment.role().id())
                .collect(Collectors.toCollection(java.util.TreeSet::new));
    }

    private Set<String> claimedTeams(Account account) {
        return new java.util.TreeSet<>(
                sql.list(
                        "select team from team_member where account = ? and source = 'claims'",
                        row -> row.getString(1),
                        account.name()));
    }

    private void teams(Account account, Set<String> claimed) {
        var gone = new HashSet<>(claimedTeams(account));
        gone.removeAll(claimed);
        if (!gone.isEmpty()) {
            sql.update(
                    "delete from team_member where account = ? and source = 'claims' and team = any(?)",
                    account.name(),
                    gone.toArray(String[]::new));
        }
        sql.update(
                """
                insert into team_member (account, team, source)
                select ?, unnest(?::text[]), 'claims' on conflict do nothing
                """,
                account.name(),
                claimed.toArray(String[]::new));
    }
}
