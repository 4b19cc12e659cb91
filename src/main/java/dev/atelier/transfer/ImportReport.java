package dev.atelier.transfer;

import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The report of an import as a CSV file (RFC 4180), all of it. */
@ApplicationScoped
class ImportReport {

    private static final CsvMapper CSV =
            CsvMapper.builder().enable(CsvGenerator.Feature.ALWAYS_QUOTE_STRINGS).build();

    private final ImportLines lines;

    ImportReport(ImportLines lines) {
        this.lines = lines;
    }

    Response csv(DataImport one) {
        StreamingOutput body =
                out -> {
                    try (var rows = CSV.writer().writeValues(out)) {
                        rows.write(
                                List.of(
                                        "kind", "id", "part", "name", "outcome", "reason", "here",
                                        "points", "files", "bytes"));
                        lines.each(
                                one,
                                line ->
                                        rows.write(
                                                List.of(
                                                        line.kind(),
                                                        safe(line.thing()),
                                                        safe(line.part()),
                                                        safe(line.name()),
                                                        line.outcome(),
                                                        safe(line.reason()),
                                                        safe(line.target()),
                                                        line.points(),
                                                        line.files(),
                                                        line.bytes())));
                    }
                };
        return Response.ok(body)
                .type("text/csv; charset=utf-8")
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"import-%d.csv\"".formatted(one.id()))
                .build();
    }

    /** No text that a spreadsheet would run as a formula. */
    private static String safe(@Nullable String text) {
        return text == null
                ? ""
                : !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }
}
