package org.mainstay.shell.internal.command;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.mainstay.shell.internal.command.lcd.AppList;
import org.mainstay.shell.internal.command.lcd.DepList;
import org.mainstay.shell.internal.command.lcd.EqvList;
import org.mainstay.shell.internal.command.lcd.FlgCreate;
import org.mainstay.shell.internal.command.lcd.FlgIsSet;
import org.mainstay.shell.internal.command.lcd.FlgList;
import org.mainstay.shell.internal.command.lcd.FlgRemove;
import org.mainstay.shell.internal.command.lcd.InsList;
import org.mainstay.shell.internal.command.lcd.LkStart;
import org.mainstay.shell.internal.command.lcd.LkStop;
import org.mainstay.shell.internal.command.lcd.PerformAction;
import org.mainstay.shell.internal.command.lcd.SysGetst;
import org.mainstay.shell.internal.command.lcd.SysList;
import org.mainstay.shell.internal.command.lcd.TypList;
import org.mainstay.shell.internal.command.safety.StorageExit;
import org.mainstay.shell.internal.command.safety.StorageInit;
import org.mainstay.shell.internal.registry.CommandRegistry;

/** The one list of programs: each command class is named here once, directly or below {@link Mainstay}. */
public final class Programs {
    private Programs() {}

    /** Returns the registry of all commands. */
    public static CommandRegistry registry() {
        Map<String, Supplier<Object>> programs = new LinkedHashMap<>();
        programs.put(CommandRegistry.FRONT, Mainstay::new);
        programs.put("lkstart", LkStart::new);
        programs.put("lkstop", LkStop::new);
        programs.put("ins_list", InsList::new);
        programs.put("dep_list", DepList::new);
        programs.put("eqv_list", EqvList::new);
        programs.put("sys_list", SysList::new);
        programs.put("sys_getst", SysGetst::new);
        programs.put("typ_list", TypList::new);
        programs.put("app_list", AppList::new);
        programs.put("flg_list", FlgList::new);
        programs.put("flg_create", FlgCreate::new);
        programs.put("flg_remove", FlgRemove::new);
        programs.put("flg_test", FlgIsSet::new);
        programs.put("perform_action", PerformAction::new);
        programs.put("qwk_storage_init", StorageInit::new);
        programs.put("qwk_storage_exit", StorageExit::new);
        return new CommandRegistry(programs);
    }
}
