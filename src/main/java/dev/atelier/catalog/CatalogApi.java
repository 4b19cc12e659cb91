package dev.atelier.catalog;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What our own API says about the catalog; Backstage's is {@link BackstageCatalog}. */
@Path("/api/v1/catalog")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Catalog")
@Needs(Permission.CATALOG_READ)
public class CatalogApi {

    private final Problems problems;
    private final SourceReader reader;
    private final RedHatProjection redHat;

    CatalogApi(Problems problems, SourceReader reader, RedHatProjection redHat) {
        this.problems = problems;
        this.reader = reader;
        this.redHat = redHat;
    }

    /** Everything that is wrong with the files and addresses of the catalog. */
    @GET
    @Path("problems")
    public List<Problems.Problem> problems() {
        return problems.all();
    }

    /** One fault found by a check. */
    public record Finding(
            int document,
            @Nullable String entity,
            String level,
            String field,
            @Nullable Integer line,
            String reason,
            String remedy) {}

    /** The outcome of a check: how many documents, and what is wrong with them. */
    public record Check(int documents, int good, List<Finding> findings) {}

    /** Checks a file of entity documents without reading it into the catalog. */
    @POST
    @Path("check")
    @Consumes({"application/yaml", "application/x-yaml", "text/yaml", MediaType.TEXT_PLAIN})
    public Check check(String text) {
        var checked = reader.check(text);
        return new Check(
                checked.size(),
                (int) checked.stream().filter(Reading.Checked::isGood).count(),
                checked.stream()
                        .flatMap(
                                document ->
                                        document.faults().stream()
                                                .map(
                                                        fault ->
                                                                new Finding(
                                                                        document.index() + 1,
                                                                        document.ref() == null
                                                                                ? null
                                                                                : document.ref()
                                                                                        .toString(),
                                                                        fault.isError()
                                                                                ? "error"
                                                                                : "warning",
                                                                        fault.field(),
                                                                        fault.line(),
                                                                        fault.reason(),
                                                                        fault.remedy())))
                        .toList());
    }

    /**
     * Our models in the words of Red Hat Developer Hub: a file of entities that it, or any
     * Backstage, registers as a location.
     */
    @GET
    @Path("rhdh.yaml")
    @Produces("application/yaml")
    public String redHat() {
        return redHat.yaml();
    }
}
