package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everybody who may sign in, with the teams that sign-in and administrators put them in. */
@ApplicationScoped
public class Directory {

    /**
     * A person with an account that is not shut out.
     *
     * @param issuer the provider that vouches for them; null for a local account
     * @param teams references of groups, in order
     */
    public record Person(
            String name,
            String displayName,
            @Nullable String email,
            @Nullable String issuer,
            List<String> teams) {
        public String ref() {
            return "user:default/" + name;
        }
    }

    private final Sql sql;

    Directory(Sql sql) {
        this.sql = sql;
    }

    /** Names of the accounts that sign-in and administrators put in a team, people only. */
    public List<String> members(String team) {
        return sql.list(
                """
                select a.name from team_member m join account a on a.name = m.account
                where m.team = ? and a.kind = 'person' and a.disabled_at is null
                group by a.name order by a.name
                """,
                row -> row.getString(1),
                team);
    }

    public List<Person> people() {
        return sql.list(
                """
                select a.name, a.display_name, a.email, a.issuer, coalesce(m.teams, '{}')
                from account a left join (
                    select account, array_agg(distinct team order by team) as teams
                    from team_member group by account) m on m.account = a.name
                where a.kind = 'person' and a.disabled_at is null
                order by a.name
                """,
                row ->
                        new Person(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                List.of((String[]) row.getArray(5).getArray())));
    }
}
