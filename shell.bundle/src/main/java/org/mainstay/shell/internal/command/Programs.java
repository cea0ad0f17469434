package org.mainstay.shell.internal.command;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.mainstay.shell.internal.command.lcd.AppCreate;
import org.mainstay.shell.internal.command.lcd.AppList;
import org.mainstay.shell.internal.command.lcd.AppRemove;
import org.mainstay.shell.internal.command.lcd.DepCreate;
import org.mainstay.shell.internal.command.lcd.DepList;
import org.mainstay.shell.internal.command.lcd.DepRemove;
import org.mainstay.shell.internal.command.lcd.EditFileShareResource;
import org.mainstay.shell.internal.command.lcd.EqvCreate;
import org.mainstay.shell.internal.command.lcd.EqvList;
import org.mainstay.shell.internal.command.lcd.EqvRemove;
import org.mainstay.shell.internal.command.lcd.FlgCreate;
import org.mainstay.shell.internal.command.lcd.FlgIsSet;
import org.mainstay.shell.internal.command.lcd.FlgList;
import org.mainstay.shell.internal.command.lcd.FlgRemove;
import org.mainstay.shell.internal.command.lcd.HrySetpri;
import org.mainstay.shell.internal.command.lcd.InsCreate;
import org.mainstay.shell.internal.command.lcd.InsGettag;
import org.mainstay.shell.internal.command.lcd.InsList;
import org.mainstay.shell.internal.command.lcd.InsRemove;
import org.mainstay.shell.internal.command.lcd.InsSetas;
import org.mainstay.shell.internal.command.lcd.InsSetchkint;
import org.mainstay.shell.internal.command.lcd.InsSetin;
import org.mainstay.shell.internal.command.lcd.InsSetit;
import org.mainstay.shell.internal.command.lcd.InsSetlocalrecover;
import org.mainstay.shell.internal.command.lcd.InsSetst;
import org.mainstay.shell.internal.command.lcd.LcdSync;
import org.mainstay.shell.internal.command.lcd.LcduName;
import org.mainstay.shell.internal.command.lcd.LkStart;
import org.mainstay.shell.internal.command.lcd.LkStop;
import org.mainstay.shell.internal.command.lcd.NetList;
import org.mainstay.shell.internal.command.lcd.PerformAction;
import org.mainstay.shell.internal.command.lcd.SysCreate;
import org.mainstay.shell.internal.command.lcd.SysGetds;
import org.mainstay.shell.internal.command.lcd.SysGetst;
import org.mainstay.shell.internal.command.lcd.SysList;
import org.mainstay.shell.internal.command.lcd.SysRemove;
import org.mainstay.shell.internal.command.lcd.TypCreate;
import org.mainstay.shell.internal.command.lcd.TypList;
import org.mainstay.shell.internal.command.lcd.TypRemove;
import org.mainstay.shell.internal.command.mirror.CleanupMirror;
import org.mainstay.shell.internal.command.mirror.DkHealthCheck;
import org.mainstay.shell.internal.command.mirror.EmCmd;
import org.mainstay.shell.internal.command.program.GetLocks;
import org.mainstay.shell.internal.command.program.LcdRcp;
import org.mainstay.shell.internal.command.program.LcdRecover;
import org.mainstay.shell.internal.command.program.LcdRemExec;
import org.mainstay.shell.internal.command.program.LkChgValue;
import org.mainstay.shell.internal.command.program.LkErr;
import org.mainstay.shell.internal.command.program.LkSupport;
import org.mainstay.shell.internal.command.program.RlsLocks;
import org.mainstay.shell.internal.command.program.SendEvent;
import org.mainstay.shell.internal.command.safety.StorageExit;
import org.mainstay.shell.internal.command.safety.StorageInit;
import org.mainstay.shell.internal.registry.CommandRegistry;

/** The one list of programs: each command class is named here once, directly or below {@link Mainstay}. */
public final class Programs {
    /** Other names that the original product's documents give programs. */
    public static final Map<String, String> ALIASES = Map.of(
            "lcdrpc", "lcdrcp", "lk_chg_value.ksh", "lk_chg_value", "ins_setlocalrecovery", "ins_setlocalrecover");

    private Programs() {}

    /** Returns the registry of all commands. */
    public static CommandRegistry registry() {
        Map<String, Supplier<Object>> programs = new LinkedHashMap<>();
        lcdi(programs);
        tools(programs);
        return new CommandRegistry(programs, ALIASES);
    }

    private static void lcdi(Map<String, Supplier<Object>> programs) {
        programs.put(CommandRegistry.FRONT, Mainstay::new);
        programs.put("lkstart", LkStart::new);
        programs.put("lkstop", LkStop::new);
        programs.put("app_create", AppCreate::new);
        programs.put("app_list", AppList::new);
        programs.put("app_remove", AppRemove::new);
        programs.put("ins_create", InsCreate::new);
        programs.put("ins_list", InsList::new);
        programs.put("ins_gettag", InsGettag::new);
        programs.put("ins_remove", InsRemove::new);
        programs.put("ins_setas", InsSetas::new);
        programs.put("ins_setchkint", InsSetchkint::new);
        programs.put("ins_setin", InsSetin::new);
        programs.put("ins_setit", InsSetit::new);
        programs.put("ins_setlocalrecover", InsSetlocalrecover::new);
        programs.put("ins_setst", InsSetst::new);
        programs.put("dep_create", DepCreate::new);
        programs.put("dep_list", DepList::new);
        programs.put("dep_remove", DepRemove::new);
        programs.put("eqv_create", EqvCreate::new);
        programs.put("eqv_list", EqvList::new);
        programs.put("eqv_remove", EqvRemove::new);
        programs.put("typ_create", TypCreate::new);
        programs.put("typ_list", TypList::new);
        programs.put("typ_remove", TypRemove::new);
        programs.put("sys_create", SysCreate::new);
        programs.put("sys_getds", SysGetds::new);
        programs.put("sys_getst", SysGetst::new);
        programs.put("sys_list", SysList::new);
        programs.put("sys_remove", SysRemove::new);
        programs.put("flg_create", FlgCreate::new);
        programs.put("flg_list", FlgList::new);
        programs.put("flg_remove", FlgRemove::new);
        programs.put("flg_test", FlgIsSet::new);
        programs.put("lcdrcp", LcdRcp::new);
    }

    private static void tools(Map<String, Supplier<Object>> programs) {
        programs.put("lcdrecover", LcdRecover::new);
        programs.put("lcdremexec", LcdRemExec::new);
        programs.put("lcdsync", LcdSync::new);
        programs.put("lk_chg_value", LkChgValue::new);
        programs.put("lk_err", LkErr::new);
        programs.put("perform_action", PerformAction::new);
        programs.put("sendevent", SendEvent::new);
        programs.put("getlocks", GetLocks::new);
        programs.put("rlslocks", RlsLocks::new);
        programs.put("lcduname", LcduName::new);
        programs.put("hry_setpri", HrySetpri::new);
        programs.put("net_list", NetList::new);
        programs.put("lksupport", LkSupport::new);
        programs.put("qwk_storage_init", StorageInit::new);
        programs.put("qwk_storage_exit", StorageExit::new);
        programs.put("emcmd", EmCmd::new);
        programs.put("dkhealthcheck", DkHealthCheck::new);
        programs.put("cleanupmirror", CleanupMirror::new);
        programs.put("EditFileShareResource", EditFileShareResource::new);
    }
}
