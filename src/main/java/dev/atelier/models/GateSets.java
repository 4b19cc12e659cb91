package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The gates of teams: which aliases of their models are guarded, and what opens them. */
@ApplicationScoped
public class GateSets {

    /** The set that counts for owners without one of their own. */
    public static final String DEFAULT = "*";

    private static final Pattern TEAM =
            Pattern.compile("group:[a-z0-9]+([-_.][a-z0-9]+)*/[a-z0-9]+([-_.][a-z0-9]+)*");
    private static final int MOST = 20;
    private static final int LONGEST = 250;

    /**
     * The gates of a team.
     *
     * @param team reference of a group, or {@link #DEFAULT}
     * @param aliases that are guarded; all others move freely
     * @param locked whether only administrators change it
     * @param changedAt null for a default that nobody set yet
     */
    public record GateSet(
            String team,
            List<String> aliases,
            GateRules rules,
            boolean locked,
            @Nullable Instant changedAt,
            @Nullable String changedBy) {

        public boolean guards(String alias) {
            return aliases.contains(alias);
        }

        public boolean isDefault() {
            return team.equals(DEFAULT);
        }

        /** For people, as the owner of the gates. */
        public String name() {
            return isDefault() ? "the portal" : team.substring(team.indexOf('/') + 1);
        }
    }

    private static final String SELECT =
            "select team, aliases, rules, locked, changed_at, changed_by from gate_set ";

    private final Sql sql;
    private final ObjectMapper json;
    private final Access access;
    private final Audit audit;
    private final Caller caller;

    GateSets(Sql sql, ObjectMapper json, Access access, Audit audit, Caller caller) {
        this.sql = sql;
        this.json = json;
        this.access = access;
        this.audit = audit;
        this.caller = caller;
    }

    /** The set that counts for a model: its owner's, else the default. */
    public GateSet of(String model) {
        var owner = access.resource(Resource.model(model)).owner();
        return sql
                .list(
                        SELECT + "where team in (?, ?)",
                        this::read,
                        owner == null ? DEFAULT : owner,
                        DEFAULT)
                .stream()
                .min((a, b) -> Boolean.compare(a.isDefault(), b.isDefault()))
                .orElse(none(DEFAULT));
    }

    private static GateSet none(String team) {
        return new GateSet(team, List.of(), GateRules.NONE, false, null, null);
    }

    /**
     * Lets plain moves through only where no gate stands.
     *
     * @throws Denied when the alias is guarded; the message says where to promote
     */
    void requireUnguarded(String model, String alias, @Nullable Integer to) {
        var set = of(model);
        if (!set.guards(alias)) {
            return;
        }
        throw new Denied(
                to == null
                        ? ("The alias \"%s\" of %s is guarded by the gates of %s, so it is not taken away like"
                                        + " others. A platform admin may, with a reason (override).")
                                .formatted(alias, model, set.name())
                        : ("The alias \"%s\" of %s is guarded by the gates of %s. Promote version %d there:"
                                        + " %s, or POST /api/v1/models/%s/versions/%d/promotion.")
                                .formatted(
                                        alias,
                                        model,
                                        set.name(),
                                        to,
                                        Promotions.address(model, to, alias),
                                        model,
                                        to));
    }

    /** Those that somebody set, the default first. */
    public List<GateSet> list() {
        return sql.list(SELECT + "order by team <> '*', team", this::read);
    }

    /** A team's own set; empty when the default counts for it. */
    public Optional<GateSet> find(String team) {
        return sql.first(SELECT + "where team = ?", this::read, team);
    }

    /** As {@link #find}; without one, what counts for it now, under its name. */
    public GateSet at(String team) {
        return find(team)
                .orElseGet(
                        () ->
                                find(DEFAULT)
                                        .map(
                                                set ->
                                                        new GateSet(
                                                                team,
                                                                set.aliases,
                                                                set.rules,
                                                                set.locked,
                                                                null,
                                                                null))
                                        .orElse(none(team)));
    }

    private GateSet read(ResultSet row) throws SQLException {
        try {
            return new GateSet(
                    row.getString(1),
                    List.of((String[]) row.getArray(2).getArray()),
                    json.readValue(row.getString(3), GateRules.class),
                    row.getBoolean(4),
                    Sql.instant(row, 5),
                    row.getString(6));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The gates of a team cannot be read", e);
        }
    }

    /** Whether the caller may change a team's gates. */
    public boolean mayChange(String team) {
        return caller.may(Permission.ACCESS_MANAGE)
                || (!team.equals(DEFAULT) && !at(team).locked() && mayAsOwner(team));
    }

    private boolean mayAsOwner(String team) {
        return access.decide(caller.signedIn(), Permission.MODEL_ALIAS, owned(team)).allowed();
    }

    private static Resource owned(String team) {
        return new Resource(team, team, Resource.Visibility.COMPANY, List.of());
    }

    /**
     * Sets the gates of a team, or those that count for all others.
     *
     * @param locked null leaves that as it is; only administrators say it
     */
    @Transactional
    public GateSet change(
            String team, List<String> aliases, GateRules rules, @Nullable Boolean locked) {
        require(team, locked);
        check(team, aliases, rules);
        var before = find(team);
        var names = List.copyOf(new TreeSet<>(aliases));
        var lock = locked == null ? before.map(GateSet::locked).orElse(false) : locked;
        sql.update(
                """
                insert into gate_set (team, aliases, rules, locked, changed_by)
                values (?, ?, ?::jsonb, ?, ?)
                on conflict (team) do update set aliases = excluded.aliases, rules = excluded.rules,
                    locked = excluded.locked, changed_at = clock_timestamp(),
                    changed_by = excluded.changed_by
                """,
                team,
                names.toArray(String[]::new),
                write(rules),
                lock,
                caller.entityRef());
        var detail = new LinkedHashMap<String, Object>();
        before.ifPresent(set -> detail.put("before", detail(set)));
        var after = find(team).orElseThrow();
        detail.put("after", detail(after));
        audit.record("gates.change", "gates:" + team, detail);
        return after;
    }

    /** Takes a team's own set away: the default counts for it then. */
    @Transactional
    public void drop(String team) {
        require(team, null);
        var before = find(team);
        if (before.isPresent()) {
            sql.update("delete from gate_set where team = ?", team);
            audit.record("gates.remove", "gates:" + team, Map.of("before", detail(before.get())));
        }
    }

    /**
     * @throws Denied when the caller may not change these gates
     */
    void require(String team, @Nullable Boolean locked) {
        if (caller.may(Permission.ACCESS_MANAGE)) {
            return;
        }
        if (team.equals(DEFAULT)) {
            throw new Denied("Only a platform admin sets the gates that count for all teams.");
        }
        caller.requireAsOwner(Permission.MODEL_ALIAS, team, team);
        if (at(team).locked()) {
            throw new Denied("These gates are locked: only a platform admin changes them.");
        }
        if (locked != null && locked) {
            throw new Denied("Only a platform admin locks gates.");
        }
    }

    private static Map<String, Object> detail(GateSet set) {
        return Map.of("aliases", set.aliases, "rules", set.rules, "locked", set.locked);
    }

    private static void check(String team, List<String> aliases, GateRules rules) {
        if (!team.equals(DEFAULT) && (!TEAM.matcher(team).matches() || team.length() > 140)) {
            throw invalid("team", "A team is a group, say group:default/vision.");
        }
        aliases.forEach(Aliases::check);
        if (aliases.size() > MOST
                || rules.headings().size() > MOST
                || rules.metrics().size() > MOST) {
            throw invalid("aliases", "At most 20 aliases, 20 headings and 20 metrics.");
        }
        var texts = new ArrayList<>(rules.headings());
        rules.metrics().forEach(rule -> texts.add(rule.metric()));
        for (var text : texts) {
            if (text == null
                    || text.isBlank()
                    || text.length() > LONGEST
                    || text.indexOf('\0') >= 0) {
                throw invalid("metrics", "Headings and metrics have 1 to 250 characters.");
            }
        }
        for (var rule : rules.metrics()) {
            if (!(rule.tolerance() >= 0) || Double.isInfinite(rule.tolerance())) {
                throw invalid("tolerance", "A tolerance is a number, 0 or greater.");
            }
        }
    }

    private static Invalid invalid(String field, String sentence) {
        return new Invalid(sentence, List.of(new Invalid.Field(field, sentence)));
    }

    private String write(GateRules rules) {
        try {
            return json.writeValueAsString(rules);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
