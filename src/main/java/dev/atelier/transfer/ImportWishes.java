package dev.atelier.transfer;

import dev.atelier.experiments.ExperimentOwner;
import dev.atelier.identity.Acting;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.RequestScoped;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Begins imports, for pages and API alike. */
@RequestScoped
class ImportWishes {

    /** How a server is signed in to: a token, or a user with a password, or neither. */
    record SignIn(@Nullable String token, @Nullable String user, @Nullable String password) {

        /** The header; null for neither. */
        @Nullable String header() {
            var named = user != null && !user.isBlank();
            if (token != null && !token.isBlank()) {
                if (named) {
                    throw new Invalid(
                            "Give a token, or a user with a password, not both.",
                            List.of(new Invalid.Field("token", "stands beside a user")));
                }
                return "Bearer " + plain("token", token.strip());
            }
            if (user == null || user.isBlank()) {
                if (password != null && !password.isBlank()) {
                    throw new Invalid(
                            "Name the user that the password is of.",
                            List.of(new Invalid.Field("user", "is missing")));
                }
                return null;
            }
            var pair =
                    plain("user", user) + ":" + plain("password", password == null ? "" : password);
            return "Basic "
                    + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        }

        private static String plain(String field, String text) {
            if (text.length() > 8_000 || text.chars().anyMatch(Character::isISOControl)) {
                throw new Invalid(
                        "The %s cannot be what one signs in with. Copy it once more, without line breaks."
                                .formatted(field),
                        List.of(new Invalid.Field(field, "is too long, or holds a line break")));
            }
            return text;
        }
    }

    private final Imports imports;
    private final ExperimentOwner owners;
    private final Caller caller;
    private final Acting acting;
    private final OutboundHttp http;
    private final Blobs blobs;
    private final StoreFolders folders;
    private final Transaction transaction;
    private final TransferConfig config;

    ImportWishes(
            Imports imports,
            ExperimentOwner owners,
            Caller caller,
            Acting acting,
            OutboundHttp http,
            Blobs blobs,
            StoreFolders folders,
            Transaction transaction,
            TransferConfig config) {
        this.imports = imports;
        this.owners = owners;
        this.caller = caller;
        this.acting = acting;
        this.http = http;
        this.blobs = blobs;
        this.folders = folders;
        this.transaction = transaction;
        this.config = config;
    }

    /** For whom the caller may import: their teams and themselves. */
    List<String> owners() {
        var subject = caller.signedIn();
        var all = new ArrayList<>(subject.teams().stream().sorted().toList());
        all.add(subject.ref());
        return all;
    }

    private String owner(@Nullable String named, DataImport.Options options) {
        var owner =
                owners.allowed(
                        Permission.EXPERIMENT_RECORD,
                        "experiment:default/new",
                        Optional.ofNullable(named).filter(text -> !text.isBlank()),
                        Map.of());
        if (options.models()) {
            caller.requireAsOwner(Permission.MODEL_REGISTER, Resource.model("new"), owner);
        }
        return owner;
    }

    /**
     * @throws Invalid when there can be no server at that address, or it may not be reached
     */
    DataImport server(
            @Nullable String address,
            SignIn signIn,
            @Nullable String owner,
            DataImport.Options options) {
        var base = base(address == null ? "" : address.strip());
        var whose = owner(owner, options);
        var header = signIn.header();
        try {
            http.require(base + "/");
        } catch (OutboundHttp.Refused e) {
            throw new Invalid(
                    String.valueOf(e.getMessage()),
                    List.of(new Invalid.Field("address", "may not be reached")));
        } catch (IOException e) {
            throw new Invalid(
                    String.valueOf(e.getMessage()),
                    List.of(new Invalid.Field("address", "cannot be reached")));
        }
        return imports.create(
                DataImport.Kind.SERVER, base, options, whose, acting.scopes(), header, null, null);
    }

    private static String base(String address) {
        try {
            var uri = new URI(address);
            if (uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && address.length() <= 500) {
                return address.replaceAll("/+$", "");
            }
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new Invalid(
                "The address of an MLflow server is what MLFLOW_TRACKING_URI has, say https://mlflow.example: with a host, and without user, ? or #.",
                List.of(new Invalid.Field("address", "is none")));
    }

    /**
     * Takes in an archive as it comes.
     *
     * @param length bytes that will come, or −1
     */
    DataImport archive(
            String file,
            InputStream body,
            long length,
            @Nullable String owner,
            DataImport.Options options)
            throws IOException {
        var whose = owner(owner, options);
        var name = Texts.shown(file.substring(file.replace('\\', '/').lastIndexOf('/') + 1), 200);
        var staged =
                blobs.stage(
                        body, caller.entityRef(), config.maxArchiveSize().asLongValue(), length);
        try {
            if (staged.size() == 0) {
                throw new Invalid(
                        "The archive is empty. Choose a zip or tar archive of the store's folder.",
                        List.of(new Invalid.Field("file", "is empty")));
            }
            var compared = blobs.prepare(List.of(staged));
            return transaction.call(
                    () -> {
                        try {
                            blobs.adopt(List.of(staged), compared);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        return imports.create(
                                DataImport.Kind.ARCHIVE,
                                name.isEmpty() ? "archive" : name,
                                options,
                                whose,
                                acting.scopes(),
                                null,
                                staged.digest(),
                                staged.size());
                    });
        } catch (RuntimeException | IOException e) {
            blobs.discard(List.of(staged));
            throw e;
        }
    }

    /** A folder of this machine, below one that whoever runs the portal named. */
    DataImport folder(@Nullable String path, @Nullable String owner, DataImport.Options options) {
        if (!caller.may(Permission.ACCESS_MANAGE)) {
            throw new Denied("Only a platform admin imports from folders of the portal's machine.");
        }
        var whose = owner(owner, options);
        var place = folders.allowed(path == null ? "" : path.strip());
        return imports.create(
                DataImport.Kind.FOLDER,
                place.toString(),
                options,
                whose,
                acting.scopes(),
                null,
                null,
                null);
    }

    boolean mayNameFolders() {
        return folders.on() && caller.may(Permission.ACCESS_MANAGE);
    }
}
