package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.platform.problems.Invalid;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A search for logged models as SQL, in which {@code m} is the model. */
final class LoggedModelSearch {

    /**
     * What an order names.
     *
     * @param field {@code metrics.rmse} or an attribute
     * @param dataSetName which data set the metric must be of; null for any
     */
    record Order(
            String field,
            boolean ascending,
            @Nullable String dataSetName,
            @Nullable String dataSetDigest) {}

    /** A data set that metrics in conditions must be of; a null digest means any. */
    record DataSet(String name, @Nullable String digest) {}

    private final SqlText where = new SqlText();
    private final SqlText order = new SqlText();
    private final List<DataSet> dataSets;

    private LoggedModelSearch(List<DataSet> dataSets) {
        this.dataSets = dataSets;
    }

    /** Conditions, order and portion, to follow the columns. */
    static SqlText of(
            Collection<Long> experiments,
            @Nullable String filter,
            List<DataSet> dataSets,
            List<Order> orders,
            long limit,
            long offset) {
        var search = new LoggedModelSearch(dataSets);
        for (var clause : FilterParser.parse(filter)) {
            search.where.add(" and ");
            search.add(clause);
        }
        orders.forEach(search::order);
        search.order.add(orders.isEmpty() ? "m.created_at desc, m.id" : "m.id");
        return new SqlText()
                .add(
                        "where m.experiment = any(?) and m.deleted_at is null",
                        (Object) experiments.toArray(Long[]::new))
                .add(search.where)
                .add(" order by ")
                .add(search.order)
                .add(" limit ? offset ?", limit, offset);
    }

    private void add(Clause clause) {
        switch (clause.entity()) {
            case "metrics", "metric" -> metric(clause);
            case "params", "param", "parameters", "parameter" ->
                    keyed("logged_model_param", clause);
            case "tags", "tag" -> keyed("logged_model_tag", clause);
            case "", "attributes", "attribute", "attr" -> attribute(clause);
            default ->
                    throw new Invalid(
                            "Invalid entity type '%s' in the filter. Valid ones are metrics, params, tags and attributes."
                                    .formatted(clause.entity()));
        }
    }

    private void metric(Clause clause) {
        if (!(clause.operand() instanceof Operand.Number number)) {
            throw new Invalid(
                    "The metric '%s' is compared with a number, without quotes."
                            .formatted(clause.key()));
        }
        where.add(
                "exists (select from logged_model_metric k where k.model = m.id and k.key = ?"
                        + " and k.value <> 'NaN' and k.value "
                        + Conditions.sign(clause)
                        + " ?",
                clause.key(),
                number.value());
        if (!dataSets.isEmpty()) {
            where.add(" and (false");
            for (var set : dataSets) {
                where.add(" or (k.dataset_name = ?", set.name());
                if (set.digest() != null) {
                    where.add(" and k.dataset_digest = ?", set.digest());
                }
                where.add(")");
            }
            where.add(")");
        }
        where.add(")");
    }

    private void keyed(String table, Clause clause) {
        if (clause.operator() == Clause.Operator.IS_NULL) {
            where.add("not ");
        }
        where.add(
                "exists (select from " + table + " k where k.model = m.id and k.key = ?",
                clause.key());
        if (!(clause.operand() instanceof Operand.None)) {
            where.add(" and ").add(Conditions.text("k.value", clause));
        }
        where.add(")");
    }

    private void attribute(Clause clause) {
        var text = column(clause.key());
        if (text == null) {
            throw new Invalid("A logged model has no attribute '%s'.".formatted(clause.key()));
        }
        where.add(
                text.endsWith("::bigint")
                        ? Conditions.number(text, clause)
                        : Conditions.text(text, clause));
    }

    private static @Nullable String column(String key) {
        return switch (key.toLowerCase(Locale.ROOT)) {
            case "name" -> "m.name";
            case "model_id" -> "('m-' || replace(m.id::text, '-', ''))";
            case "model_type" -> "m.model_type";
            case "status" -> "('LOGGED_MODEL_' || m.status)";
            case "source_run_id" -> "replace(m.source_run::text, '-', '')";
            case "creation_timestamp", "creation_time" ->
                    "(extract(epoch from m.created_at) * 1000)::bigint";
            case "last_updated_timestamp", "last_updated_time" ->
                    "(extract(epoch from m.changed_at) * 1000)::bigint";
            default -> null;
        };
    }

    private void order(Order by) {
        var key = FilterParser.key(by.field());
        var way = by.ascending() ? " asc" : " desc";
        if (key.entity().equals("metrics")) {
            order.add(
                    "(select nullif(k.value, 'NaN') from logged_model_metric k"
                            + " where k.model = m.id and k.key = ?",
                    key.key());
            if (by.dataSetName() != null) {
                order.add(" and k.dataset_name = ?", by.dataSetName());
            }
            if (by.dataSetDigest() != null) {
                order.add(" and k.dataset_digest = ?", by.dataSetDigest());
            }
            order.add(" order by k.step desc, k.at desc limit 1)" + way + " nulls last, ");
            return;
        }
        var column = column(key.key());
        if (column == null || !(key.entity().isEmpty() || key.entity().startsWith("attr"))) {
            throw new Invalid(
                    "Invalid order_by field '%s': logged models are ordered by attributes and metrics."
                            .formatted(by.field()));
        }
        order.add(column + way + " nulls last, ");
    }
}
