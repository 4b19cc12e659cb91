package dev.atelier.catalog;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** Brings what features make into the catalog, as the caller. */
@ApplicationScoped
public class Registration {

    private final Locations locations;
    private final SourceReader reader;
    private final SourceLoop loop;
    private final Entities entities;
    private final Caller caller;

    Registration(
            Locations locations,
            SourceReader reader,
            SourceLoop loop,
            Entities entities,
            Caller caller) {
        this.locations = locations;
        this.reader = reader;
        this.loop = loop;
        this.entities = entities;
        this.caller = caller;
    }

    /**
     * Registers an address, unless it is registered; its entities appear a moment later.
     *
     * @return what it names now
     * @throws Invalid when it cannot be read, or names something wrong
     */
    public List<EntityRef> register(String address) {
        caller.require(Permission.CATALOG_REGISTER, null);
        locations.check("url", address);
        var reading = reader.read(Sources.Source.unsaved("url", address));
        var fault = reading.fault();
        if (fault != null) {
            throw new Invalid("%s: %s".formatted(address, fault.reason()));
        }
        var refs = good(reading.documents()).stream().map(EntityDocument::ref).toList();
        try {
            locations.register("url", address);
            loop.wake();
        } catch (Conflict e) {
            if (locations.find("url", address).isEmpty()) {
                throw e;
            }
        }
        return refs;
    }

    /**
     * Publishes the entities of a text, in place of those that the same provider published before.
     *
     * @param provider name of whoever keeps the text, say {@code repository:vision/churn}
     * @param address where people find it
     * @throws Invalid when the text is wrong, names a kind that addresses may not give, or an
     *     entity that somebody else keeps
     */
    public List<EntityRef> publish(String provider, String address, String text) {
        caller.require(Permission.CATALOG_REGISTER, null);
        var documents = good(reader.checkAsRead(address, text));
        for (var document : documents) {
            if (document.kind().equals("Location")) {
                throw new Invalid(
                        "A Location leads elsewhere; register the address that it names instead.");
            }
        }
        var refused = entities.replaceAll(provider, documents);
        if (!refused.isEmpty()) {
            var first = refused.getFirst();
            throw new Invalid(
                    "%s was not taken: %s.".formatted(first.document().ref(), first.reason()));
        }
        return documents.stream().map(EntityDocument::ref).toList();
    }

    private static List<EntityDocument> good(List<Reading.Checked> checked) {
        var documents = new ArrayList<EntityDocument>();
        for (var one : checked) {
            if (!one.isGood()) {
                var fault = one.faults().stream().filter(Fault::isError).findFirst().orElseThrow();
                throw new Invalid(
                        "Document %d: %s: %s"
                                .formatted(one.index() + 1, fault.field(), fault.reason()));
            }
            if (one.document() != null) {
                documents.add(one.document());
            }
        }
        return documents;
    }
}
