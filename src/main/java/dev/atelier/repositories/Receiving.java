package dev.atelier.repositories;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.transport.ReceiveCommand;
import org.eclipse.jgit.transport.ReceiveCommand.Result;
import org.eclipse.jgit.transport.ReceivePack;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One push: its objects are checked where they came, and taken over only if a ref may move. */
final class Receiving extends ReceivePack {

    private static final Logger LOG = Logger.getLogger(Receiving.class);

    private final GitRepository repository;
    private final IncomingRepository git;
    private final Path incoming;
    private final Storage storage;
    private final Repositories repositories;
    private final RefMoves moves;
    private final Caller caller;
    private final int maxRefs;

    Receiving(
            GitRepository repository,
            IncomingRepository git,
            Path incoming,
            Storage storage,
            Repositories repositories,
            RefMoves moves,
            Caller caller,
            RepositoriesConfig config) {
        super(git);
        this.repository = repository;
        this.git = git;
        this.incoming = incoming;
        this.storage = storage;
        this.repositories = repositories;
        this.moves = moves;
        this.caller = caller;
        this.maxRefs = config.maxRefs();
        git.limit(config.maxObjects());
        setBiDirectionalPipe(false);
        setCheckReceivedObjects(true);
        setObjectChecker(new TreeCheck());
        setMaxPackSizeLimit(config.maxPack().asLongValue());
        setMaxObjectSizeLimit(config.maxObject().asLongValue());
        setTimeout((int) config.silence().toSeconds());
        setAtomic(false);
        setAllowPushOptions(false);
    }

    @Override
    protected void executeCommands() {
        sayWhoCameFirst();
        if (filterCommands(Result.NOT_ATTEMPTED).isEmpty()) {
            return;
        }
        try {
            moves.alone(repository, this::execute);
        } catch (Problem e) {
            reject(e.detail());
        } catch (RuntimeException e) {
            // What was moved is moved: that is told, and written down at the next look.
            LOG.errorf(e, "A push to %s was not finished", repository.ref());
            reject("the portal failed; look before you push again");
        }
    }

    private void reject(String why) {
        for (var command : filterCommands(Result.NOT_ATTEMPTED)) {
            command.setResult(Result.REJECTED_OTHER_REASON, why);
        }
    }

    /** Who pushed on what is no longer there hears what Git says about that everywhere. */
    private void sayWhoCameFirst() {
        for (var command : getAllCommands()) {
            if (command.getResult() == Result.REJECTED_OTHER_REASON
                    && !currentId(command).equals(command.getOldId())
                    && command.getType() != ReceiveCommand.Type.DELETE) {
                command.setResult(Result.REJECTED_NONFASTFORWARD);
            }
        }
    }

    private static ObjectId currentId(ReceiveCommand command) {
        Ref ref = command.getRef();
        var id = ref == null ? null : ref.getObjectId();
        return id == null ? ObjectId.zeroId() : id;
    }

    private boolean execute(GitRepository current) throws IOException {
        // The upload may have taken an hour.
        caller.lookAgain(current.ref());
        caller.require(Permission.REPOSITORY_WRITE, current.ref());
        var before = git.getRefDatabase().getRefsByPrefix(Constants.R_REFS).size();
        var more = 0;
        for (var command : filterCommands(Result.NOT_ATTEMPTED)) {
            if (!RefMoves.at(git, command.getRefName()).equals(command.getOldId())
                    && !(command.getType() == ReceiveCommand.Type.DELETE
                            && command.getOldId().equals(ObjectId.zeroId()))) {
                command.setResult(Result.REJECTED_NONFASTFORWARD);
                continue;
            }
            var fault = fault(current, command);
            if (fault == null
                    && command.getType() == ReceiveCommand.Type.CREATE
                    && before + ++more > maxRefs) {
                fault = "a repository has at most %d branches and tags".formatted(maxRefs);
            }
            if (fault != null) {
                command.setResult(Result.REJECTED_OTHER_REASON, fault);
            }
        }
        if (isAtomic() && getAllCommands().stream().anyMatch(Receiving::refused)) {
            ReceiveCommand.abort(getAllCommands());
        }
        var asked = filterCommands(Result.NOT_ATTEMPTED);
        if (asked.isEmpty()) {
            return false;
        }
        storage.takeOver(current, incoming);
        moves.move(
                current,
                asked.stream().map(Receiving::moveOf).toList(),
                "push",
                caller.entityRef(),
                Map.of(),
                () -> moved(asked));
        first(current, asked);
        return true;
    }

    private static boolean refused(ReceiveCommand command) {
        return command.getResult() != Result.NOT_ATTEMPTED;
    }

    private static @Nullable String fault(GitRepository current, ReceiveCommand command) {
        var isDefault = command.getRefName().equals(RefMoves.defaultRef(current));
        return switch (command.getType()) {
            case CREATE -> RefNames.fault(command.getRefName());
            case UPDATE -> null;
            case UPDATE_NONFASTFORWARD ->
                    isDefault
                            ? "%s is the default branch and only moves forward; choose another one in the repository's settings to rewrite it"
                                    .formatted(current.defaultBranch())
                            : null;
            case DELETE ->
                    isDefault
                            ? "%s is the default branch; choose another one in the repository's settings to delete it"
                                    .formatted(current.defaultBranch())
                            : null;
        };
    }

    private static RefMoves.Move moveOf(ReceiveCommand command) {
        return new RefMoves.Move(command.getRefName(), command.getOldId(), command.getNewId());
    }

    private List<RefMoves.Move> moved(List<ReceiveCommand> asked) throws IOException {
        var batch = git.getRefDatabase().newBatchUpdate();
        batch.setAllowNonFastForwards(true);
        batch.setAtomic(isAtomic());
        batch.addCommand(asked);
        batch.execute(getRevWalk(), NullProgressMonitor.INSTANCE);
        var done = new ArrayList<RefMoves.Move>();
        for (var command : asked) {
            if (command.getResult() == Result.OK) {
                done.add(moveOf(command));
            }
        }
        return done;
    }

    /** The branch that is pushed first is the default one, whatever it is called. */
    private void first(GitRepository current, List<ReceiveCommand> asked) throws IOException {
        if (git.exactRef(RefMoves.defaultRef(current)) != null) {
            return;
        }
        var branches =
                asked.stream()
                        .filter(command -> command.getResult() == Result.OK)
                        .map(ReceiveCommand::getRefName)
                        .filter(ref -> ref.startsWith(Constants.R_HEADS))
                        .map(ref -> ref.substring(Constants.R_HEADS.length()))
                        .toList();
        if (!branches.isEmpty()) {
            repositories.rename(
                    git, current, branches.contains("master") ? "master" : branches.getFirst());
        }
    }
}
