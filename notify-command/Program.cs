using Notify.Command;

return NotifyProgram.Run(args);
