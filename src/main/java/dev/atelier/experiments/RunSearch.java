package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Clause.Operator;
import dev.atelier.platform.problems.Invalid;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A search for runs as one SQL statement, in which {@code r} is the run. Metrics compare their
 * latest value. A condition on a key that a run does not have never holds, {@code !=} included, as
 * in MLflow.
 */
final class RunSearch {

    /** Which runs, by whether they were deleted. */
    enum View {
        ACTIVE_ONLY(" and r.deleted_at is null"),
        DELETED_ONLY(" and r.deleted_at is not null"),
        ALL("");

        private final String condition;

        View(String condition) {
            this.condition = condition;
        }

        static View of(String name) {
            try {
                return valueOf(name.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new Invalid(
                        "The view is ACTIVE_ONLY, DELETED_ONLY or ALL, not '%s'.".formatted(name));
            }
        }
    }

    private static final Set<String> METRICS = Set.of("metrics", "metric");
    private static final Set<String> PARAMS = Set.of("params", "parameters", "param", "parameter");
    private static final Set<String> TAGS = Set.of("tags", "tag");
    private static final Set<String> DATASETS = Set.of("datasets", "dataset");
    private static final Set<String> ATTRIBUTES =
            Set.of("", "attributes", "attribute", "attr", "run");

    /** Letters of a param or tag that its index holds; a shorter text is there whole. */
    private static final int INDEXED = 100;

    private final SqlText joins = new SqlText();
    private final SqlText where = new SqlText();
    private final SqlText order = new SqlText();
    private final List<Long> experiments;
    private final View view;
    private final @Nullable String filter;
    private final List<String> orderBy;
    private final String[] hiddenSets;
    private final Set<String> measured = new HashSet<>();
    private boolean outermost;

    /** By the metric: what it is joined as, where every run that is found has it. */
    private final Map<String, String> present = new HashMap<>();

    private int joined;

    private RunSearch(
            Collection<Long> experiments,
            View view,
            @Nullable String filter,
            List<String> orderBy,
            String[] hiddenSets) {
        this.experiments = List.copyOf(experiments);
        this.view = view;
        this.filter = filter;
        this.orderBy = List.copyOf(orderBy);
        this.hiddenSets = hiddenSets;
    }

    /** All of these experiments, the latest first. */
    static RunSearch of(Collection<Long> experiments, View view) {
        return of(experiments, view, null, List.of(), new String[0]);
    }

    /**
     * @param filter in MLflow's grammar
     * @param orderBy {@code metrics.rmse ASC} and the like; the start time, latest first, when
     *     empty
     * @param hiddenSets names of data sets that lead whoever asks to nothing, see {@link
     *     DataSets#hidden}
     * @throws Invalid when one of them cannot be understood, saying where
     */
    static RunSearch of(
            Collection<Long> experiments,
            View view,
            @Nullable String filter,
            List<String> orderBy,
            String[] hiddenSets) {
        return of(experiments, view, filter, orderBy, hiddenSets, null);
    }

    /**
     * @param ranked a metric without a condition on it that is ordered by, of which only runs with
     *     a number are wanted; null for none
     */
    private static RunSearch of(
            Collection<Long> experiments,
            View view,
            @Nullable String filter,
            List<String> orderBy,
            String[] hiddenSets,
            @Nullable String ranked) {
        var search = new RunSearch(experiments, view, filter, orderBy, hiddenSets);
        search.where.add(view.condition);
        if (orderBy.size() > 10) {
            throw new Invalid("Runs can be ordered by at most 10 keys.");
        }
        var clauses = FilterParser.parse(filter);
        for (var clause : clauses) {
            if (METRICS.contains(clause.entity())) {
                search.measured.add(clause.key());
            }
        }
        if (ranked != null) {
            search.measured.add(ranked);
        }
        orderBy.forEach(search::order);
        if (ranked != null) {
            // NaN is the greatest for the database: a range of the index leaves it out.
            search.where.add(" and " + search.present.get(ranked) + ".value < 'NaN'");
        }
        for (var clause : clauses) {
            search.where.add(" and ");
            search.add(clause);
        }
        if (orderBy.isEmpty()) {
            search.order.add("r.start_time desc, ");
        }
        search.order.add("r.id");
        return search;
    }

    /**
     * The whole statement.
     *
     * @param columns of {@code r}
     */
    SqlText select(String columns, long limit, long offset) {
        return new SqlText()
                .add("select " + columns + " from run r")
                .add(joins)
                .add(" where ")
                .add(in("r.experiment"))
                .add(where)
                .add(" order by ")
                .add(order)
                .add(" limit ? offset ?", limit, offset);
    }

    /**
     * Those of a search that have a number in the metric that it orders by first, in the same
     * order: its beginning, which an index gives without looking at all runs. Empty where it would
     * give nothing more than the search itself.
     */
    Optional<RunSearch> ranked() {
        if (experiments.size() != 1 || orderBy.isEmpty()) {
            return Optional.empty();
        }
        var first = FilterParser.key(orderBy.getFirst());
        if (!METRICS.contains(first.entity()) || measured.contains(first.key())) {
            return Optional.empty();
        }
        var ranked = of(experiments, view, filter, orderBy, hiddenSets, first.key());
        return Optional.of(outermost ? ranked.outermost() : ranked);
    }

    /** Only runs that are in no other, and those whose tag says so are left out. */
    RunSearch outermost() {
        outermost = true;
        where.add(
                " and not exists (select from run_tag p where p.run = r.id and p.key = ?)",
                RunTables.PARENT_TAG);
        return this;
    }

    /**
     * How many there are, without an order.
     *
     * @param most to count no further
     */
    SqlText count(long most) {
        return new SqlText()
                .add("select count(*) from (")
                .add(found())
                .add(" limit ?) as counted", most);
    }

    /** Those that match, as a statement with their identifiers alone. */
    SqlText found() {
        return new SqlText()
                .add("select r.id from run r where ")
                .add(in("r.experiment"))
                .add(where);
    }

    /** One experiment as an equation: then an index can give the order too. */
    private SqlText in(String column) {
        return experiments.size() == 1
                ? new SqlText().add(column + " = ?", experiments.getFirst())
                : new SqlText()
                        .add(column + " = any(?)", (Object) experiments.toArray(Long[]::new));
    }

    private void add(Clause clause) {
        var entity = clause.entity();
        if (METRICS.contains(entity)) {
            metric(clause);
        } else if (PARAMS.contains(entity)) {
            keyed("run_param", clause);
        } else if (TAGS.contains(entity)) {
            keyed("run_tag", clause);
        } else if (DATASETS.contains(entity)) {
            dataset(clause);
        } else if (ATTRIBUTES.contains(entity)) {
            attribute(clause);
        } else {
            throw new Invalid(
                    "Invalid entity type '%s' in the filter. Valid ones are metrics, params, tags, attributes and datasets."
                            .formatted(entity));
        }
    }

    private void metric(Clause clause) {
        if (!(clause.operand() instanceof Operand.Number number)) {
            throw new Invalid(
                    "The metric '%s' is compared with a number, without quotes."
                            .formatted(clause.key()));
        }
        var alias = present.get(clause.key());
        if (alias != null) {
            // As a range of the index that gives the order too.
            where.add(
                    "(%1$s.value <> 'NaN' and %1$s.value %2$s ?)"
                            .formatted(alias, Conditions.sign(clause)),
                    number.value());
            return;
        }
        where.add("exists (select from run_metric m where m.run = r.id and ")
                .add(in("m.experiment"))
                // For the database NaN is greater than all numbers; for people it is none.
                .add(
                        " and m.key = ? and m.value <> 'NaN' and m.value "
                                + Conditions.sign(clause)
                                + " ?)",
                        clause.key(),
                        number.value());
    }

    private void keyed(String table, Clause clause) {
        if (clause.operator() == Operator.IS_NULL) {
            where.add("not ");
        }
        where.add("exists (select from " + table + " k where k.run = r.id and ")
                .add(in("k.experiment"))
                .add(" and k.key = ?", clause.key());
        if (clause.operator() != Operator.IS_NULL && clause.operator() != Operator.IS_NOT_NULL) {
            if (clause.operator() == Operator.EQUAL
                    && clause.operand() instanceof Operand.Text text
                    && text.value().length() < INDEXED) {
                // As the index has it. Saying the whole too would make the planner expect too few.
                where.add(" and left(k.value, " + INDEXED + ") = ?", text.value());
            } else {
                where.add(" and ").add(Conditions.text("k.value", clause));
            }
        }
        where.add(")");
    }

    private void dataset(Clause clause) {
        var column =
                switch (clause.key()) {
                    case "name" -> "d.name";
                    case "digest" -> "d.digest";
                    case "context" -> "i.tags ->> 'mlflow.data.context'";
                    default ->
                            throw new Invalid(
                                    "A data set has name, digest and context, not '%s'."
                                            .formatted(clause.key()));
                };
        where.add(
                        "exists (select from run_input i join run_dataset d on d.id = i.dataset"
                                + " where i.run = r.id and ")
                .add(hiddenSets.length == 0 ? new SqlText() : named())
                .add(Conditions.text(column, clause))
                .add(")");
    }

    private SqlText named() {
        return new SqlText().add("lower(d.name) <> all(?) and ", (Object) hiddenSets);
    }

    private void attribute(Clause clause) {
        switch (clause.key().toLowerCase(Locale.ROOT)) {
            case "start_time", "created" -> where.add(Conditions.number("r.start_time", clause));
            case "end_time" -> where.add(Conditions.number("r.end_time", clause));
            case "run_name", "run name" -> where.add(Conditions.text("r.name", clause));
            case "user_id" -> where.add(Conditions.text("r.user_id", clause));
            case "status" -> where.add(Conditions.text("r.status", clause));
            case "run_id", "id" -> id(clause);
            case "artifact_uri" ->
                    where.add(
                            Conditions.text(
                                    "'mlflow-artifacts:/' || r.experiment || '/' || replace(r.id::text, '-', '') || '/artifacts'",
                                    clause));
            default ->
                    throw new Invalid(
                            "A run has no attribute '%s'. It has run_id, run_name, user_id, status, artifact_uri, start_time and end_time."
                                    .formatted(clause.key()));
        }
    }

    private void id(Clause clause) {
        switch (clause.operand()) {
            case Operand.Texts texts -> {
                var ids = texts.values().stream().flatMap(text -> Ids.of(text).stream());
                where.add(
                        clause.operator() == Operator.IN ? "r.id = any(?)" : "r.id <> all(?)",
                        (Object) ids.toArray(UUID[]::new));
            }
            case Operand.Text text when clause.operator() == Operator.EQUAL ->
                    where.add("r.id = ?", Ids.of(text.value()).orElse(null));
            default -> where.add(Conditions.text("replace(r.id::text, '-', '')", clause));
        }
    }

    private void order(String text) {
        var by = FilterParser.key(text);
        var way = Conditions.way(by, text);
        var entity = by.entity();
        if (METRICS.contains(entity)) {
            // Those without a value come last, those that are no number just before them.
            var alias = join("run_metric", by.key(), measured.contains(by.key()));
            if (measured.contains(by.key())) {
                // A condition on it leaves out those without it and those that are no number.
                present.putIfAbsent(by.key(), alias);
                order.add(alias + ".value" + way + ", ");
                return;
            }
            order.add(
                    way.equals(" asc")
                            ? alias + ".value asc nulls last, "
                            : "nullif(%1$s.value, 'NaN') desc nulls last, %1$s.value nulls last, "
                                    .formatted(alias));
        } else if (PARAMS.contains(entity) || TAGS.contains(entity)) {
            var alias = join(PARAMS.contains(entity) ? "run_param" : "run_tag", by.key(), false);
            order.add(alias + ".value" + way + " nulls last, ");
        } else if (ATTRIBUTES.contains(entity)) {
            order.add(
                    switch (by.key().toLowerCase(Locale.ROOT)) {
                                case "start_time", "created" -> "r.start_time";
                                case "end_time" -> "r.end_time";
                                case "duration" -> "(r.end_time - r.start_time)";
                                case "run_name", "run name" -> "r.name";
                                case "user_id" -> "r.user_id";
                                case "status" -> "r.status";
                                case "artifact_uri", "run_id", "id" -> "r.id";
                                default -> throw unordered(text);
                            }
                            + way
                            + " nulls last, ");
        } else {
            throw unordered(text);
        }
    }

    private static Invalid unordered(String text) {
        return new Invalid(
                "Invalid order_by '%s': runs are ordered by metrics, params, tags and attributes."
                        .formatted(text));
    }

    /**
     * @param all whether every run that is found has that key
     */
    private String join(String table, String key, boolean all) {
        var alias = "o" + joined++;
        joins.add(
                        " %s join %s %s on %3$s.run = r.id and %3$s.key = ? and "
                                .formatted(all ? "" : "left", table, alias),
                        key)
                .add(in(alias + ".experiment"));
        return alias;
    }
}
