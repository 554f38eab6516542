import Aside from './Aside.astro';
import Figure from './Figure.astro';
import Remember from './Remember.astro';
import Sources from './Sources.astro';
import Task from './Task.astro';
import Trap from './Trap.astro';

/** The components that every lesson may use without importing them. */
export const lessonComponents = { Aside, Figure, Remember, Sources, Task, Trap };
