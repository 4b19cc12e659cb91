package dev.atelier.transfer;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.catalog.Entities;
import dev.atelier.experiments.ExperimentContents;
import dev.atelier.experiments.Experiments;
import dev.atelier.experiments.Unseen;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.models.Model;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Transaction;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;

/** Everything in open formats, as ZIP archives that are made while they are sent. */
@Path("/exports")
@Produces("application/zip")
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class Exports {

    private static final int PORTION = 200;
    private static final int MOST_RUNS = 1_000;

    private final Experiments experiments;
    private final ExperimentContents recorded;
    private final Models models;
    private final Versions versions;
    private final Entities entities;
    private final FileStoreExport stores;
    private final VersionExport folders;
    private final Blobs blobs;
    private final Unseen unseen;
    private final Caller caller;
    private final Audit audit;
    private final Transaction transaction;

    Exports(
            Experiments experiments,
            ExperimentContents recorded,
            Models models,
            Versions versions,
            Entities entities,
            FileStoreExport stores,
            VersionExport folders,
            Blobs blobs,
            Unseen unseen,
            Caller caller,
            Audit audit,
            Transaction transaction) {
        this.experiments = experiments;
        this.recorded = recorded;
        this.models = models;
        this.versions = versions;
        this.entities = entities;
        this.stores = stores;
        this.folders = folders;
        this.blobs = blobs;
        this.unseen = unseen;
        this.caller = caller;
        this.audit = audit;
        this.transaction = transaction;
    }

    @FunctionalInterface
    private interface Filling {
        void into(Parcel parcel) throws IOException;
    }

    private Response zip(String name, Filling filling) {
        StreamingOutput body =
                out -> {
                    try (var parcel = new Parcel(out, blobs)) {
                        filling.into(parcel);
                    }
                };
        return Response.ok(body)
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + name + "\"")
                .header(HttpHeaders.CACHE_CONTROL, "private, no-store")
                .build();
    }

    /** An experiment, or some of its runs, as MLflow's file store. */
    @Limited(Limit.TRIALS)
    @GET
    @Path("experiments/{experiment}/mlruns.zip")
    public Response experiment(
            @PathParam("experiment") String id, @RestQuery("run") List<String> runs) {
        var experiment = experiments.get(id);
        caller.require(Permission.EXPERIMENT_READ, experiment.ref());
        var only = runs.stream().distinct().limit(MOST_RUNS).toList();
        return zip(
                "experiment-%d-mlruns.zip".formatted(experiment.id()),
                parcel -> stores.write(experiment, only, parcel));
    }

    /** A version with its signed manifest. */
    @Needs(value = Permission.MODEL_DOWNLOAD, model = "model")
    @Limited(Limit.TRIALS)
    @GET
    @Path("models/{model}/versions/{version}/folder.zip")
    public Response version(
            @PathParam("model") String name, @PathParam("version") String numberOrAlias) {
        var model = models.get(name);
        var version = versions.find(model, numberOrAlias);
        return zip(
                "%s-%d.zip".formatted(version.model(), version.number()),
                parcel -> folders.write(model, version, "", parcel));
    }

    /**
     * All there is for whoever asks: the catalog as YAML, experiments, the registry with all
     * versions. To manage access is not to see everything: what is hidden from them is not in it.
     */
    @Needs(Permission.ACCESS_MANAGE)
    @Limited(Limit.REQUESTS)
    @GET
    @Path("installation.zip")
    public Response installation() {
        transaction.run(() -> audit.record("installation.export", "/exports", Map.of()));
        return zip(
                "atelier.zip",
                parcel -> {
                    catalog(parcel);
                    for (long after = -1; ; ) {
                        var some = recorded.experiments(after, PORTION);
                        var closed = unseen.experiments(some);
                        for (var id : some) {
                            var experiment = experiments.find(id);
                            if (experiment.isPresent() && !closed.contains(id)) {
                                stores.write(experiment.get(), List.of(), parcel);
                            }
                        }
                        if (some.size() < PORTION) {
                            break;
                        }
                        after = some.getLast();
                    }
                    for (var model : models.list()) {
                        registered(model, parcel);
                    }
                });
    }

    private void registered(Model model, Parcel parcel) throws IOException {
        var ref = Resource.model(model.name());
        if (!caller.may(Permission.MODEL_READ, ref)) {
            return;
        }
        if (caller.may(Permission.MODEL_DOWNLOAD, ref)) {
            folders.writeAll(model, parcel);
        } else {
            parcel.leave("models/" + model.name(), "You may not download its files.");
        }
    }

    private void catalog(Parcel parcel) throws IOException {
        var yaml = new YAMLMapper();
        for (var kind : entities.countByKind().keySet()) {
            try (var out =
                    parcel.entry("catalog/" + kind.toLowerCase(java.util.Locale.ROOT) + ".yaml")) {
                for (var entity : entities.ofKind(kind)) {
                    out.write(yaml.writeValueAsBytes(entity.json()));
                }
            }
        }
    }
}
