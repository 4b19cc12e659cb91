package dev.atelier.platform.database;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;

/** For what is kept in memory of the database, and must go when that changes. */
@ApplicationScoped
public class Changes {

    private final TransactionSynchronizationRegistry transactions;

    public Changes(TransactionSynchronizationRegistry transactions) {
        this.transactions = transactions;
    }

    /** Now, and once more when the change is committed: whoever asked between kept the old. */
    public void forget(Runnable kept) {
        kept.run();
        if (transactions.getTransactionStatus() == Status.STATUS_ACTIVE) {
            transactions.registerInterposedSynchronization(
                    new Synchronization() {
                        @Override
                        public void beforeCompletion() {}

                        @Override
                        public void afterCompletion(int status) {
                            kept.run();
                        }
                    });
        }
    }
}
