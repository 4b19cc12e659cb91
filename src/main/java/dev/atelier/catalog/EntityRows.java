package dev.atelier.catalog;

import dev.atelier.catalog.EntityFilter.SqlText;
import dev.atelier.catalog.EntityState.State;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Ago;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Entities as rows of a list for people, with the state that features contribute. */
@ApplicationScoped
class EntityRows {

    /**
     * @param state null when nobody says anything about it
     * @param place where the list goes on behind this row
     */
    record Row(
            EntityRef ref,
            String kind,
            String icon,
            String title,
            @Nullable String type,
            String description,
            String owner,
            @Nullable State state,
            String changed,
            @Nullable String lifecycle,
            String lifecycleColour,
            String place) {
        public String address() {
            return ref.address();
        }
    }

    private record Found(
            EntityRef ref,
            String kind,
            String title,
            @Nullable String type,
            String description,
            @Nullable String owner,
            boolean faulty,
            boolean orphan,
            @Nullable String lifecycle,
            Instant updated,
            String place) {

        static Found read(ResultSet row) throws SQLException {
            return new Found(
                    EntityRef.parse(row.getString(1)),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5) == null ? "" : row.getString(5),
                    row.getString(6),
                    row.getBoolean(7),
                    row.getBoolean(8),
                    row.getString(9),
                    row.getObject(10, OffsetDateTime.class).toInstant(),
                    new Place(row.getString(12), row.getLong(11)).encode());
        }
    }

    /** A row of the ordered list: its name or revision, and the id that breaks ties. */
    private record Place(String value, long id) {
        String encode() {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString((value + "\n" + id).getBytes(StandardCharsets.UTF_8));
        }

        static Place decode(String text) {
            try {
                var parts =
                        new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8)
                                .split("\n", -1);
                if (parts.length == 2) {
                    return new Place(parts[0], Long.parseLong(parts[1]));
                }
            } catch (IllegalArgumentException _) {
                // Told below.
            }
            throw noSuchPage();
        }

        long revision() {
            try {
                return Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw noSuchPage();
            }
        }

        private static Invalid noSuchPage() {
            return new Invalid("This page of the list does not exist. Begin at its start.");
        }
    }

    private static final String COLUMNS =
            """
            select e.ref, e.kind, coalesce(e.title, e.facts -> 'spec.profile.displayname' ->> 0,
                   e.name), e.type, e.description, e.owner, e.errors is not null,
                   e.orphaned_at is not null, e.lifecycle, e.updated_at, e.id, %s
            from catalog_entity e where\s
            """;

    private final Sql sql;
    private final Entities entities;
    private final Sight sight;
    private final List<EntityState> contributors;
    private final Clock clock = Clock.systemUTC();

    EntityRows(Sql sql, Entities entities, Sight sight, @All List<EntityState> contributors) {
        this.sql = sql;
        this.sight = sight;
        this.entities = entities;
        this.contributors = contributors;
    }

    /** Rows, and what the entities that they and the caller name are called. */
    record Page(List<Row> rows, Map<String, String> titles) {}

    /**
     * As many as the limit, from where the question says.
     *
     * @param named references whose titles the caller needs too: one look-up serves both
     */
    Page page(CatalogQuestion question, int limit, Collection<String> named) {
        boolean recent = question.sort().equals("changed");
        var query = new SqlText().add(COLUMNS.formatted(recent ? "e.revision" : "lower(e.name)"));
        question.filter().write(query);
        query.except(sight.blind().hidden());
        if (question.after() != null) {
            var place = Place.decode(question.after());
            if (recent) {
                query.add(" and (e.revision, e.id) < (?, ?)", place.revision(), place.id);
            } else {
                query.add(" and (lower(e.name), e.id) > (?, ?)", place.value, place.id);
            }
        }
        query.add(
                recent
                        ? " order by e.revision desc, e.id desc limit ?"
                        : " order by lower(e.name), e.id limit ?",
                limit);
        return page(sql.list(query.text(), Found::read, query.values()), named);
    }

    /** Those of these that exist, by kind and name. */
    List<Row> of(Collection<EntityRef> refs) {
        var found =
                sql.list(
                        COLUMNS.formatted("lower(e.name)")
                                + " e.ref = any(?) order by e.kind, lower(e.name) limit 500",
                        Found::read,
                        (Object)
                                refs.stream()
                                        .map(EntityRef::toString)
                                        .filter(ref -> !sight.hides(ref))
                                        .toArray(String[]::new));
        return page(found, List.of()).rows;
    }

    private Page page(List<Found> found, Collection<String> named) {
        var refs = new HashSet<>(named);
        found.stream().map(Found::owner).filter(Objects::nonNull).forEach(refs::add);
        var titles = entities.titles(refs);
        var states = states(found);
        var now = clock.instant();
        return new Page(
                found.stream().map(one -> row(one, titles, states.get(one.ref), now)).toList(),
                titles);
    }

    private Map<EntityRef, State> states(List<Found> found) {
        var states = new HashMap<EntityRef, State>();
        for (var one : found) {
            if (one.faulty) {
                states.put(one.ref, new State("fail", "Error in its file", null));
            } else if (one.orphan) {
                states.put(one.ref, new State("warn", "Orphaned", null));
            }
        }
        var refs = found.stream().map(Found::ref).toList();
        if (!refs.isEmpty()) {
            for (var contributor : contributors) {
                contributor
                        .states(refs)
                        .forEach((ref, state) -> states.merge(ref, state, State::and));
            }
        }
        return states;
    }

    private static Row row(
            Found found, Map<String, String> owners, @Nullable State state, Instant now) {
        var owner = found.owner;
        return new Row(
                found.ref,
                found.kind,
                EntityShells.icon(found.kind),
                found.title,
                found.type,
                found.description,
                owner == null
                        ? ""
                        : owners.getOrDefault(owner, owner.substring(owner.lastIndexOf('/') + 1)),
                state,
                "changed " + Ago.of(found.updated, now),
                found.lifecycle == null ? null : EntityShells.capital(found.lifecycle),
                "deprecated".equalsIgnoreCase(found.lifecycle)
                        ? "amber"
                        : "candidate".equalsIgnoreCase(found.lifecycle) ? "blue" : "",
                found.place);
    }
}
